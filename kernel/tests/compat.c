// SPDX-License-Identifier: GPL-2.0
/* A 32-bit ring is refused: its pointers and registers would be read wrongly. */
#include "lib.h"

#define SETUP 425
#define ENTER 426

/* The 32-bit door, from 64-bit code; pointers must be below 4 GB. */
static long int80(long nr, long a, long b, long c, long d, long e)
{
	long ret;

	asm volatile("int $0x80"
		     : "=a"(ret)
		     : "a"(nr), "b"(a), "c"(b), "d"(c), "S"(d), "D"(e)
		     : "memory", "r8", "r9", "r10", "r11");
	return (int)ret;
}

static void test(struct ring *r)
{
	struct io_uring_params *p = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
					 MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0);
	struct ring own = { 0 };

	CHECK(p != MAP_FAILED);
	p->flags = r->flags;
	own.fd = int80(SETUP, 8, (long)p, 0, 0, 0);
	if (own.fd == -ENOSYS)
		SKIP("no 32-bit system calls");
	CHECK(own.fd >= 0);
	own.map_len = p->cq_off.cqes + p->cq_entries * sizeof(struct io_uring_cqe) + 4096;
	own.map = mmap(NULL, own.map_len, PROT_READ | PROT_WRITE, MAP_SHARED, own.fd,
		       IORING_OFF_SQ_RING);
	own.sqes_len = p->sq_entries * sizeof(struct io_uring_sqe);
	own.sqes = mmap(NULL, own.sqes_len, PROT_READ | PROT_WRITE, MAP_SHARED, own.fd,
			IORING_OFF_SQES);
	CHECK(own.map != MAP_FAILED && own.sqes != MAP_FAILED);
	own.sq_head = own.map + p->sq_off.head;
	own.sq_tail = own.map + p->sq_off.tail;
	own.sq_mask = p->sq_entries - 1;
	own.sq_array = own.map + p->sq_off.array;
	own.cq_head = own.map + p->cq_off.head;
	own.cq_tail = own.map + p->cq_off.tail;
	own.cq_mask = p->cq_entries - 1;
	own.cqes = own.map + p->cq_off.cqes;

	put_clone(&own, SOFT, 1);
	put_exec(&own, 0, 2, "/bin/true", ARGV("true"));
	submit(&own);
	RESULT(&own, 1, -EINVAL);
	RESULT(&own, 2, -ECANCELED);
	ring_close(&own);

	/* a 64-bit ring entered by the 32-bit door */
	put_clone(r, SOFT, 1);
	put_exec(r, 0, 2, "/bin/true", ARGV("true"));
	__atomic_store_n(r->sq_tail, *r->sq_tail + 2, __ATOMIC_RELEASE);
	r->sqes_pending = 0;
	int80(ENTER, r->fd, 2, 0, 0, 0);
	RESULT(r, 1, -EINVAL);
	RESULT(r, 2, -ECANCELED);
	munmap(p, 4096);
	no_children();
}
