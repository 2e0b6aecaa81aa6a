// SPDX-License-Identifier: GPL-2.0
/*
 * A child that changes its ids while it uses the parent's mm: the parent stays what it was, and
 * nobody who may look at the child gets to see the parent's memory by that.
 */
#include "lib.h"
#include <grp.h>
#include <sys/ptrace.h>
#include <sys/uio.h>

static int secret = 4711;

/* As the user the child has become: can that one be looked into? Bits for each way that works. */
static int ways_in(pid_t pid)
{
	int ways = 0, seen = 0, fd;
	char path[64];
	struct iovec to = { &seen, sizeof(seen) }, from = { &secret, sizeof(secret) };

	CHECK(!setgroups(0, NULL));
	CHECK(!setresgid(4321, 4321, 4321) && !setresuid(4321, 4321, 4321));
	if (process_vm_readv(pid, &to, 1, &from, 1, 0) > 0)
		ways |= 1;
	snprintf(path, sizeof(path), "/proc/%d/mem", pid);
	fd = open(path, O_RDONLY);
	if (fd >= 0 && pread(fd, &seen, sizeof(seen), (uintptr_t)&secret) > 0)
		ways |= 2;
	snprintf(path, sizeof(path), "/proc/%d/maps", pid);
	fd = open(path, O_RDONLY);
	if (fd >= 0 && read(fd, path, 1) > 0)
		ways |= 4;
	if (!ptrace(PTRACE_SEIZE, pid, 0, 0))
		ways |= 8;
	return ways;
}

static void test(struct ring *r)
{
	struct rlimit core = { RLIM_INFINITY, RLIM_INFINITY };
	int p[2], pid, status, looker;
	char c, dir[] = "/tmp/dump.XXXXXX";

	CHECK(prctl(PR_GET_DUMPABLE, 0, 0, 0, 0) == 1);
	CHECK(!pipe2(p, O_CLOEXEC));

	for (int i = 0; i < 2; i++) {
		put_clone(r, SOFT, 1);
		put_call(r, SOFT, 2, __NR_setgroups, 0, 0, 0, 0);
		put_call(r, SOFT, 3, __NR_setresgid, 4321, 4321, 4321, 0);
		put_call(r, SOFT, 4, __NR_setresuid, 4321, 4321, 4321, 0);
		put_read(r, SOFT, 5, p[0], &c, 1);
		if (i)
			put_exec(r, 0, 6, "/bin/sleep", ARGV("sleep", "100"));
		else
			sqe(r, IORING_OP_NOP, 0, 6);
		EQUAL(submit(r), 6);
		pid = result(r, 1);
		RESULT(r, 2, 0);
		RESULT(r, 3, 0);
		RESULT(r, 4, 0);
		UNTIL(state(pid) == 'S');
		/* while the mm is shared ... */
		EQUAL(prctl(PR_GET_DUMPABLE, 0, 0, 0, 0), 1);
		looker = fork();
		if (!looker)
			_exit(ways_in(pid));
		exited(looker, 0);
		CHECK(write(p[1], "x", 1) == 1);
		RESULT(r, 5, 1);
		RESULT(r, 6, 0);
		/* ... and afterwards */
		EQUAL(prctl(PR_GET_DUMPABLE, 0, 0, 0, 0), 1);
		if (i) {
			/* the program is its own user's, as ever */
			looker = fork();
			if (!looker) {
				CHECK(!setgroups(0, NULL));
				CHECK(!setresgid(4321, 4321, 4321) && !setresuid(4321, 4321, 4321));
				_exit(ptrace(PTRACE_SEIZE, pid, 0, 0) != 0);
			}
			exited(looker, 0);
			kill(pid, SIGTERM);
			killed(pid, SIGTERM);
		} else {
			killed(pid, SIGKILL);
		}
	}

	/* no core dump of a borrowed mm */
	CHECK(mkdtemp(dir) && !chmod(dir, 0777) && !chdir(dir));
	CHECK(!setrlimit(RLIMIT_CORE, &core));
	put_clone(r, SOFT, 1);
	put_call(r, SOFT, 2, __NR_setresuid, 4321, 4321, 4321, 0);
	put_read(r, SOFT, 3, p[0], &c, 1);
	put_exec(r, 0, 4, "/bin/true", ARGV("true"));
	EQUAL(submit(r), 4);
	pid = result(r, 1);
	RESULT(r, 2, 0);
	UNTIL(state(pid) == 'S');
	kill(pid, SIGQUIT);
	RESULT(r, 3, -EINTR);
	RESULT(r, 4, -ECANCELED);
	status = reap(pid);
	CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGQUIT && !WCOREDUMP(status));
	CHECK(!chdir("/"));
	CHECK(!rmdir(dir)); /* empty */
	close(p[0]), close(p[1]);
}
