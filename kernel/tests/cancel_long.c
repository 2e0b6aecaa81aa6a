// SPDX-License-Identifier: GPL-2.0
/* Cancelling everything looks at each request of a long chain once, and counts chains. */
#define RING_ENTRIES 32768
#include "lib.h"

#define IORING_CANCEL_ALL (1u << 0)
#define IORING_CANCEL_ANY (1u << 2)

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec + t.tv_nsec / 1e9;
}

/* Cancels two short chains and one of this length, and gives the seconds that the submission took.
 */
static double cancelled(struct ring *r, int length, int by)
{
	int p[2], pids[3], n = sizeof(pids) / sizeof(*pids);
	struct io_uring_sqe *s;
	struct completion c;
	double start, took;
	char buf[8];

	CHECK(!pipe2(p, O_CLOEXEC));
	for (int i = 0; i < n; i++) {
		put_clone(r, SOFT, 1);
		put_read(r, SOFT, 2, p[0], buf, 1);
		for (int j = 2; i == 1 && j < length; j++)
			sqe(r, IORING_OP_NOP, SOFT, 2);
		r->sqes[(*r->sq_tail + r->sqes_pending - 1) & r->sq_mask].flags = 0;
		EQUAL(submit(r), i == 1 ? length : 2);
		pids[i] = result(r, 1);
		UNTIL(state(pids[i]) == 'S');
	}
	start = now();
	s = sqe(r, IORING_OP_ASYNC_CANCEL, 0, 10);
	s->cancel_flags = by;
	s->addr = 2;
	submit(r);
	took = now() - start;
	/* the others may come before it */
	for (int i = 0, counted = 0; i < length + 2 || !counted; i++) {
		c = cqe(r);
		if (c.user_data == 10) {
			EQUAL(c.res, n);
			counted = 1;
		} else {
			EQUAL(c.user_data, 2);
			EQUAL(c.res, -ECANCELED);
		}
		if (counted && i == length + 1)
			break;
	}
	for (int i = 0; i < n; i++)
		killed(pids[i], SIGKILL);
	no_more_cqes(r);
	close(p[0]), close(p[1]);
	return took;
}

/* The least of a few, since anything may come between. */
static double least(struct ring *r, int length, int by)
{
	double best = cancelled(r, length, by);

	for (int i = 1; i < 3; i++) {
		double took = cancelled(r, length, by);

		if (took < best)
			best = took;
	}
	return best;
}

static void test(struct ring *r)
{
	const int by[] = { IORING_CANCEL_ALL, IORING_CANCEL_ANY };
	int length = share_of(RING_ENTRIES), part = length / 8;

	for (int i = 0; i < 2; i++) {
		double some = least(r, part, by[i]), all = least(r, length, by[i]);

		/* Eight times as many take about eight times as long; 64 times, if each meant a
		 * look at all the others. */
		if (all > 24 * some)
			FAIL("%d requests take %.0f times as long to cancel as %d", length,
			     all / some, part);
	}
}
