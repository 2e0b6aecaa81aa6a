// SPDX-License-Identifier: GPL-2.0
/* 2000 spawns, one by one and in bursts of one submission, from two threads as well: nothing is
 * left behind. */
#define RING_ENTRIES 256
#include "lib.h"
#include <pthread.h>

/* Memory that is in use, in kB: pages, slabs and all. */
static long used(void)
{
	FILE *f = fopen("/proc/meminfo", "r");
	char line[128];
	long total = 0, available = 0;

	while (fgets(line, sizeof(line), f)) {
		sscanf(line, "MemTotal: %ld", &total);
		sscanf(line, "MemAvailable: %ld", &available);
	}
	fclose(f);
	return total - available;
}

static void one_by_one(struct ring *r, int n)
{
	for (int i = 0; i < n; i++) {
		int pidfd = -1, pid;
		struct io_uring_sqe *s = put_clone(r, SOFT, 1);

		s->rw_flags = CLONE_F_PIDFD;
		s->addr = (uintptr_t)&pidfd;
		put_call(r, SOFT, 2, __NR_setsid, 0, 0, 0, 0);
		put_exec(r, HARD, 3, "/nowhere", ARGV("x"));
		put_exec(r, 0, 4, i % 4 ? tiny_true() : "/nowhere", ARGV("true"));
		EQUAL(submit(r), 4);
		pid = result(r, 1);
		CHECK(result(r, 2) == pid);
		RESULT(r, 3, -ENOENT);
		RESULT(r, 4, i % 4 ? 0 : -ENOENT);
		if (i % 4)
			exited(pid, 0);
		else
			killed(pid, SIGKILL);
		close(pidfd);
	}
}

static void bursts(struct ring *r, int n)
{
	enum { WIDTH = 64 };

	for (int i = 0; i < n; i += WIDTH) {
		int clones = 0, execs = 0, pids[WIDTH];

		for (int j = 0; j < WIDTH; j++) {
			put_clone(r, SOFT, j);
			put_exec(r, 0, 1000 + j, tiny_true(), ARGV("true"));
		}
		EQUAL(submit(r), 2 * WIDTH);
		while (execs < WIDTH) {
			struct completion c = cqe(r);

			if (c.user_data < 1000) {
				CHECK(c.res > 0);
				pids[c.user_data] = c.res;
				clones++;
			} else {
				EQUAL(c.res, 0);
				execs++;
			}
		}
		EQUAL(clones, WIDTH);
		for (int j = 0; j < WIDTH; j++)
			exited(pids[j], 0);
	}
}

static void *other_thread(void *flags)
{
	struct ring own;

	ring_open(&own, 8, (uintptr_t)flags);
	one_by_one(&own, share_of(250));
	ring_close(&own);
	return NULL;
}

static void test(struct ring *r)
{
	pthread_t thread;
	long before, grown;

	one_by_one(r, 50);
	bursts(r, 64);
	/*
	 * 2000 children at, say, 20 kB each would be 40 MB; this is about the size of a task_struct
	 * each. A leak grows with every round; KASAN, which keeps what is freed for a while, is
	 * full at some point.
	 */
	for (int round = 0;; round++) {
		before = used();
		one_by_one(r, share_of(1000));
		CHECK(!pthread_create(&thread, NULL, other_thread, (void *)(uintptr_t)r->flags));
		one_by_one(r, share_of(250));
		CHECK(!pthread_join(thread, NULL));
		bursts(r, share_of(512));
		usleep(200000);
		grown = used() - before;
		fprintf(stderr, "%s: %ld kB more in use\n", mode_name, grown);
		if (grown < share_of(12 * 1024))
			break;
		CHECK(round < 10);
	}
	no_more_cqes(r);
}
