// SPDX-License-Identifier: GPL-2.0
/*
 * PR_SET_PDEATHSIG in a chain whose submitter ends at any moment: either the signal comes, or the
 * call fails with ESRCH and the chain ends there. No program is left over. A submitter that
 * executes something has not ended.
 */
#include "lib.h"
#include <poll.h>

enum { ROUNDS = 120, EXEC_ROUNDS = 12, MOST_STEPS = 240 };

/* In a process of its own, which ends as soon as it has submitted. */
static void submitter(unsigned flags, int steps)
{
	struct ring r;

	ring_open(&r, 256, flags);
	put_clone(&r, SOFT, 1);
	for (int i = 0; i < steps; i++)
		put_call(&r, SOFT, 2, __NR_umask, 022, 0, 0, 0);
	put_call(&r, SOFT, 3, __NR_prctl, PR_SET_PDEATHSIG, SIGKILL, 0, 0);
	put_exec(&r, 0, 4, "/bin/sleep", ARGV("sleep", "1000"));
	submit(&r);
	_exit(0);
}

/* In a process of its own, which becomes a program that lives until `hold` ends. */
static void becomes_cat(unsigned flags, int steps, int hold, int mark)
{
	struct ring r;

	ring_open(&r, 256, flags);
	put_clone(&r, SOFT, 1);
	for (int i = 0; i < steps; i++)
		put_call(&r, SOFT, 2, __NR_umask, 022, 0, 0, 0);
	put_call(&r, SOFT, 3, __NR_prctl, PR_SET_PDEATHSIG, SIGKILL, 0, 0);
	put_call(&r, SOFT, 4, __NR_dup2, mark, 1, 0, 0);
	put_exec(&r, 0, 5, "/bin/echo", ARGV("echo", "here"));
	submit(&r);
	dup2(hold, 0);
	execl("/bin/cat", "cat", NULL);
	_exit(1);
}

static void test(struct ring *r)
{
	CHECK(prctl(PR_SET_CHILD_SUBREAPER, 1) == 0);
	for (int i = 0, rounds = share_of(ROUNDS); i < rounds; i++) {
		int life[2], pid, steps = i * MOST_STEPS / rounds;
		struct pollfd end;

		CHECK(pipe(life) == 0);
		pid = fork();
		if (pid == 0)
			submitter(r->flags, steps);
		close(life[1]);
		exited(pid, 0);
		/* The child has its other end, and so had the program. */
		end = (struct pollfd){ .fd = life[0], .events = POLLIN };
		if (poll(&end, 1, 20000) != 1)
			FAIL("a program outlived its parent, with %d steps before", steps);
		close(life[0]);
		while (waitpid(-1, NULL, 0) > 0)
			;
	}
	for (int i = 0, rounds = share_of(EXEC_ROUNDS); i < rounds; i++) {
		int hold[2], mark[2], pid, steps = i * MOST_STEPS / rounds;
		char text[8];

		CHECK(!pipe2(hold, O_CLOEXEC) && !pipe2(mark, O_CLOEXEC));
		pid = fork();
		if (pid == 0)
			becomes_cat(r->flags, steps, hold[0], mark[1]);
		close(mark[1]);
		if (read(mark[0], text, sizeof(text)) != 5)
			FAIL("no program, though the parent is there, with %d steps before", steps);
		close(mark[0]), close(hold[0]), close(hold[1]);
		exited(pid, 0);
		while (waitpid(-1, NULL, 0) > 0)
			;
	}
	CHECK(prctl(PR_SET_CHILD_SUBREAPER, 0) == 0);
}
