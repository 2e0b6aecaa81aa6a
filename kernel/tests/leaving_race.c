// SPDX-License-Identifier: GPL-2.0
/*
 * The submitter closes its ring, exits, executes something or is killed at any moment of a chain
 * that searches for its program and waits for nothing: the program is run, each time.
 */
#include "lib.h"

enum how { EXITS, CLOSES, EXECS, HOWS };

/* The child has the ring, or not: then it goes when the submitter does. */
static void submitter(unsigned flags, enum how how, int with_ring, unsigned delay)
{
	static const struct fd_entry null = { 0, 0 };
	struct ring r;

	ring_open(&r, 16, flags);
	if (with_ring)
		put_clone(&r, HARD, 1);
	else
		put_clone_fds(&r, &null, 1);
	put_call(&r, SOFT, 2, __NR_umask, 022, 0, 0, 0);
	for (int i = 0; i < 6; i++)
		put_exec(&r, HARD, 3, "/nowhere", ARGV("x"))->len = EXEC_F_SEARCH;
	put_exec(&r, 0, 4, tiny_true(), ARGV("true"));
	if (submit(&r) != 9)
		_exit(1);
	for (volatile unsigned i = 0; i < delay; i++)
		;
	if (how == CLOSES) {
		ring_close(&r);
		usleep(delay % 64);
	}
	if (how == EXECS)
		execl(tiny_true(), "true", NULL);
	_exit(0);
}

static void test(struct ring *r)
{
	time_t end = time(NULL) + campaign();
	int rounds = share_of(400), status, pid;

	tiny_true();
	/* orphans come to us */
	CHECK(!prctl(PR_SET_CHILD_SUBREAPER, 1));
	srand(1);
	for (int i = 0; i < rounds || time(NULL) < end; i++) {
		unsigned delay = rand() % (1u << rand() % 20);

		if (!fork())
			submitter(r->flags, i % HOWS, i / HOWS % 2, delay);
		for (int n = 0; n < 2; n++) {
			pid = waitpid(-1, &status, 0);
			CHECK(pid > 0);
			if (status)
				FAIL("round %d, after %u: %#x", i, delay, status);
		}
	}
	CHECK(!prctl(PR_SET_CHILD_SUBREAPER, 0));
}
