// SPDX-License-Identifier: GPL-2.0
/* Signals to a child in its chain: what blocks gives EINTR, what kills kills, what has a handler
 * waits for the program. */
#include "lib.h"

static volatile sig_atomic_t handled;

static void handler(int sig)
{
	(void)sig;
	handled++;
}

static void put_waiting(struct ring *r, int fd, char *buf, unsigned link)
{
	put_clone(r, SOFT, 1);
	put_read(r, link, 2, fd, buf, 1);
	put_sh(r, 3, "kill -0 $$; exit 0");
}

static void test(struct ring *r)
{
	int p[2], pid, status;
	char buf[8];
	sigset_t set, old;

	CHECK(!pipe2(p, O_CLOEXEC));

	/* the default action: death, by that very signal */
	put_waiting(r, p[0], buf, SOFT);
	submit(r);
	pid = result(r, 1);
	UNTIL(state(pid) == 'S');
	kill(pid, SIGTERM);
	RESULT(r, 2, -EINTR);
	RESULT(r, 3, -ECANCELED);
	killed(pid, SIGTERM);

	/* the parent has a handler: nobody runs it, the operation gives EINTR (never 513), the
	 * chain ends */
	handled = 0;
	sigaction(SIGUSR1, &(struct sigaction){ .sa_handler = handler, .sa_flags = SA_RESTART },
		  NULL);
	put_waiting(r, p[0], buf, SOFT);
	submit(r);
	pid = result(r, 1);
	UNTIL(state(pid) == 'S');
	kill(pid, SIGUSR1);
	RESULT(r, 2, -EINTR);
	RESULT(r, 3, -ECANCELED);
	killed(pid, SIGKILL);
	EQUAL(handled, 0);

	/* behind a hard link it meets the program, where the handler is gone and the default action
	 * kills */
	put_waiting(r, p[0], buf, HARD);
	submit(r);
	pid = result(r, 1);
	UNTIL(state(pid) == 'S');
	kill(pid, SIGUSR1);
	RESULT(r, 2, -EINTR);
	RESULT(r, 3, 0);
	killed(pid, SIGUSR1);
	EQUAL(handled, 0);

	/* ignored: not noticed */
	signal(SIGUSR1, SIG_IGN);
	put_waiting(r, p[0], buf, SOFT);
	submit(r);
	pid = result(r, 1);
	UNTIL(state(pid) == 'S');
	kill(pid, SIGUSR1);
	usleep(50000);
	CHECK(write(p[1], "x", 1) == 1);
	RESULT(r, 2, 1);
	RESULT(r, 3, 0);
	exited(pid, 0);

	/* ... and stays ignored in the program, unless the chain says otherwise */
	put_clone(r, SOFT, 1);
	put_sh(r, 2, "kill -USR1 $$; exit 5");
	submit(r);
	pid = result(r, 1);
	RESULT(r, 2, 0);
	exited(pid, 5);
	/* struct sigaction of the kernel: handler, flags, restorer, mask */
	uint64_t dfl[4] = { 0 }, ign[4] = { 1 }, fun[4] = { (uintptr_t)handler }, was[4] = { 0 };
	put_clone(r, SOFT, 1);
	put_call(r, SOFT, 2, __NR_rt_sigaction, SIGUSR1, (uintptr_t)dfl, (uintptr_t)was, 8);
	put_call(r, SOFT, 3, __NR_rt_sigaction, SIGUSR2, (uintptr_t)ign, 0, 8);
	put_sh(r, 4, "kill -USR2 $$; kill -USR1 $$; exit 5");
	submit(r);
	pid = result(r, 1);
	RESULT(r, 2, 0);
	RESULT(r, 3, 0);
	RESULT(r, 4, 0);
	killed(pid, SIGUSR1);
	EQUAL(was[0], (uintptr_t)SIG_IGN);
	put_clone(r, SOFT, 1);
	put_call(r, SOFT, 2, __NR_rt_sigaction, SIGUSR1, (uintptr_t)fun, 0, 8);
	put_sh(r, 3, "exit 5");
	submit(r);
	pid = result(r, 1);
	RESULT(r, 2, -EINVAL);
	RESULT(r, 3, -ECANCELED);
	killed(pid, SIGKILL);
	/* the parent's are its own */
	struct sigaction sa;
	sigaction(SIGUSR1, NULL, &sa);
	CHECK(sa.sa_handler == SIG_IGN);
	sigaction(SIGUSR2, NULL, &sa);
	CHECK(sa.sa_handler == SIG_DFL);
	signal(SIGUSR1, SIG_DFL);

	/* the mask is inherited, or set */
	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	sigprocmask(SIG_BLOCK, &set, &old);
	put_waiting(r, p[0], buf, SOFT);
	submit(r);
	pid = result(r, 1);
	UNTIL(state(pid) == 'S');
	kill(pid, SIGUSR1);
	usleep(50000);
	CHECK(write(p[1], "x", 1) == 1);
	RESULT(r, 2, 1);
	RESULT(r, 3, 0);
	exited(pid, 0);
	uint64_t none = 0;
	put_clone(r, SOFT, 1);
	put_call(r, SOFT, 2, __NR_rt_sigprocmask, SIG_SETMASK, (uintptr_t)&none, 0, 8);
	put_sh(r, 3, "kill -USR1 $$; exit 5");
	submit(r);
	pid = result(r, 1);
	RESULT(r, 2, 0);
	RESULT(r, 3, 0);
	killed(pid, SIGUSR1);
	sigprocmask(SIG_SETMASK, &old, NULL);

	/* stopped and continued */
	put_waiting(r, p[0], buf, HARD);
	submit(r);
	pid = result(r, 1);
	UNTIL(state(pid) == 'S');
	kill(pid, SIGSTOP);
	EQUAL(waitpid(pid, &status, WUNTRACED), pid);
	CHECK(WIFSTOPPED(status));
	RESULT(r, 2, -EINTR);
	kill(pid, SIGCONT);
	RESULT(r, 3, 0);
	exited(pid, 0);

	/* pending in the submitter: CLONE says EINTR, or succeeds; nothing in between */
	sigaction(SIGUSR1, &(struct sigaction){ .sa_handler = handler }, NULL);
	pid_t parent = getpid(), sender = fork();
	if (!sender) {
		for (;;)
			kill(parent, SIGUSR1);
	}
	int interrupted = 0;
	for (int i = 0; i < share_of(30); i++) {
		put_clone(r, HARD, 1);
		put_exec(r, 0, 2, "/bin/true", ARGV("true"));
		int n = submit(r);
		CHECK(n == 2 || n == -EINTR);
		if (n != 2) {
			while (*r->sq_head != *r->sq_tail)
				syscall(__NR_io_uring_enter, r->fd, 2, 0, 0, NULL, 0);
		}
		int res = result(r, 1);
		if (res == -EINTR) {
			interrupted++;
			RESULT(r, 2, -ECANCELED);
			continue;
		}
		CHECK(res > 0);
		RESULT(r, 2, 0);
		while (waitpid(res, &status, 0) != res)
			CHECK(errno == EINTR);
		CHECK(WIFEXITED(status) && !WEXITSTATUS(status));
	}
	kill(sender, SIGKILL);
	killed(sender, SIGKILL);
	fprintf(stderr, "CLONE was interrupted %d times\n", interrupted);
	signal(SIGUSR1, SIG_DFL);
	close(p[0]);
	close(p[1]);
}
