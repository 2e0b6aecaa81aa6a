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

static void test(struct ring *r)
{
	int p[2], pids[3], n = sizeof(pids) / sizeof(*pids), length = share_of(RING_ENTRIES);
	struct io_uring_sqe *s;
	struct completion c;
	double start;
	char buf[8];

	CHECK(!pipe2(p, O_CLOEXEC));
	for (int flags = 0; flags < 2; flags++) {
		for (int i = 0; i < n; i++) {
			/* one long one, and two short ones */
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
		s->cancel_flags = flags ? IORING_CANCEL_ANY : IORING_CANCEL_ALL;
		s->addr = 2;
		submit(r);
		if (now() - start > 2)
			FAIL("%.1f s to cancel %d requests", now() - start, length);
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
	}
	close(p[0]), close(p[1]);
}
