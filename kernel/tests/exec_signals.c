// SPDX-License-Identifier: GPL-2.0
/*
 * No signal makes an EXEC fail that would have succeeded. What stops the child only delays it; one
 * that the submitter has a handler for meets the program, under the mask that the chain has set.
 *
 * A file with a write lease on it is what an exec can be made to sleep over, interruptibly, for as
 * long as we like.
 */
#include "lib.h"

static volatile sig_atomic_t handled;

static void handler(int sig)
{
	(void)sig;
	handled++;
}

static const char survive[] = "#!/bin/sh\nexit 3\n";

static void test(struct ring *r)
{
	uint64_t usr1 = 1ull << (SIGUSR1 - 1), dfl[4] = { 0 }, ign[4] = { 1 };
	char path[64];
	int lease, pid, status;

	handled = 0;
	sigaction(SIGUSR1, &(struct sigaction){ .sa_handler = handler, .sa_flags = SA_RESTART },
		  NULL);
	sigaction(SIGINT, &(struct sigaction){ .sa_handler = handler, .sa_flags = SA_RESTART },
		  NULL);

	/* a signal with a handler does not end the exec, and is the program's, which has no handler
	 */
	lease = leased(path, survive);
	put_clone(r, SOFT, 1);
	put_exec(r, 0, 2, path, ARGV(path));
	EQUAL(submit(r), 2);
	pid = result(r, 1);
	UNTIL(state(pid) == 'S');
	kill(pid, SIGUSR1);
	no_more_cqes(r);
	UNTIL(state(pid) == 'S'); /* again, where it was on its way there */
	lease_release(lease);
	RESULT(r, 2, 0);
	killed(pid, SIGUSR1);
	unlink(path);
	EQUAL(handled, 0);

	/* ... it was pending before the exec began, in a row of candidates */
	int p[2];
	char c;
	CHECK(!pipe2(p, O_CLOEXEC));
	lease = leased(path, survive);
	put_clone(r, SOFT, 1);
	put_read(r, HARD, 2, p[0], &c, 1);
	put_exec(r, HARD, 3, "/nowhere", ARGV("x"))->len = EXEC_F_SEARCH;
	put_exec(r, HARD, 4, path, ARGV(path))->len = EXEC_F_SEARCH;
	put_exec(r, 0, 5, "/bin/false", ARGV("false"))->len = EXEC_F_SEARCH;
	EQUAL(submit(r), 5);
	pid = result(r, 1);
	UNTIL(state(pid) == 'S');
	kill(pid, SIGUSR1);
	RESULT(r, 2, -EINTR);
	UNTIL(state(pid) == 'S');
	lease_release(lease);
	RESULT(r, 3, -ENOENT);
	RESULT(r, 4, 0);
	RESULT(r, 5, -ECANCELED);
	killed(pid, SIGUSR1);
	unlink(path);
	close(p[0]), close(p[1]);

	/* ^C: the whole group gets it, the submitter handles it */
	lease = leased(path, survive);
	put_clone(r, SOFT, 1);
	put_exec(r, 0, 2, path, ARGV(path));
	EQUAL(submit(r), 2);
	pid = result(r, 1);
	UNTIL(state(pid) == 'S');
	kill(0, SIGINT);
	UNTIL(handled == 1);
	lease_release(lease);
	RESULT(r, 2, 0);
	killed(pid, SIGINT);
	unlink(path);

	/* the program's mask is the one that the chain has set: held there, it is pending and does
	 * no harm */
	/* nothing but builtins: this shell clears its mask after a fork */
	lease = leased(
		path,
		"#!/bin/sh\nwhile read k v; do case $k in SigBlk:) b=$v;; ShdPnd:) p=$v;; esac; done "
		"</proc/$$/status\ntest $b-$p = 0000000000000200-0000000000000200 && exit 4\n");
	put_clone(r, SOFT, 1);
	put_call(r, SOFT, 2, __NR_rt_sigprocmask, SIG_SETMASK, (uintptr_t)&usr1, 0, 8);
	put_exec(r, 0, 3, path, ARGV(path));
	EQUAL(submit(r), 3);
	pid = result(r, 1);
	RESULT(r, 2, 0);
	UNTIL(state(pid) == 'S');
	kill(pid, SIGUSR1);
	lease_release(lease);
	RESULT(r, 3, 0);
	exited(pid, 4);
	unlink(path);

	/* ... and empty if nobody has set one, with handlers in the submitter or without */
	put_clone(r, SOFT, 1);
	put_sh(r, 2, "exec grep -q 'SigBlk:.0*$' /proc/self/status");
	EQUAL(submit(r), 2);
	pid = result(r, 1);
	RESULT(r, 2, 0);
	exited(pid, 0);

	/* the chain has put the handler away: default and ignored act as what they are */
	for (int ignore = 0; ignore < 2; ignore++) {
		lease = leased(path, survive);
		put_clone(r, SOFT, 1);
		put_call(r, SOFT, 2, __NR_rt_sigaction, SIGUSR1, (uintptr_t)(ignore ? ign : dfl), 0,
			 8);
		put_exec(r, 0, 3, path, ARGV(path));
		EQUAL(submit(r), 3);
		pid = result(r, 1);
		RESULT(r, 2, 0);
		UNTIL(state(pid) == 'S');
		kill(pid, SIGUSR1);
		if (ignore) {
			lease_release(lease);
			RESULT(r, 3, 0);
			exited(pid, 3);
		} else {
			RESULT(r, 3, -EINTR);
			killed(pid, SIGUSR1);
			lease_release(lease);
		}
		unlink(path);
	}

	/* stopped and continued, twice: the exec goes on as if nothing had been */
	lease = leased(path, survive);
	put_clone(r, SOFT, 1);
	put_exec(r, 0, 2, path, ARGV(path));
	EQUAL(submit(r), 2);
	pid = result(r, 1);
	for (int i = 0; i < 2; i++) {
		UNTIL(state(pid) == 'S');
		kill(pid, SIGSTOP);
		EQUAL(waitpid(pid, &status, WUNTRACED), pid);
		CHECK(WIFSTOPPED(status));
		no_more_cqes(r);
		kill(pid, SIGCONT);
	}
	UNTIL(state(pid) == 'S');
	lease_release(lease);
	RESULT(r, 2, 0);
	exited(pid, 3);
	unlink(path);

	/* killed while stopped in there, and while it sleeps */
	for (int stop = 0; stop < 2; stop++) {
		lease = leased(path, survive);
		put_clone(r, SOFT, 1);
		put_exec(r, HARD, 2, path, ARGV(path));
		put_exec(r, 0, 3, "/bin/true", ARGV("true"));
		EQUAL(submit(r), 3);
		pid = result(r, 1);
		UNTIL(state(pid) == 'S');
		if (stop) {
			kill(pid, SIGSTOP);
			EQUAL(waitpid(pid, &status, WUNTRACED), pid);
		}
		kill(pid, SIGKILL);
		int res = result(r, 2);
		CHECK(res == -EINTR || res == -ECANCELED);
		RESULT(r, 3, -ECANCELED);
		killed(pid, SIGKILL);
		lease_release(lease);
		unlink(path);
	}
	signal(SIGUSR1, SIG_DFL);
	signal(SIGINT, SIG_DFL);
	signal(SIGIO, SIG_DFL);
}
