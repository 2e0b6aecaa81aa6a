// SPDX-License-Identifier: GPL-2.0
/*
 * A birth takes as long as it takes (here: as a page fault that a program deals with). Others that
 * use the ring don't wait for it: they submit, what this one had not come to is theirs as well, and
 * each entry is submitted once.
 */
#include "waits.h"
#include <pthread.h>

static struct ring *ring;
static int submitted;

static void *submit_birth(void *arg)
{
	submitted = submit(ring);
	return arg;
}

static void test(struct ring *r)
{
	int *page = one_page();
	struct pollfd fault = { .fd = faults_of(page, 0), .events = POLLIN };
	struct io_uring_sqe *s;
	pthread_t thread;
	int fds[1] = { 0 }, pid = 0, seen = 0, status;

	/* one issuer: it can't be two. Nobody else may register either. */
	if (r->flags & IORING_SETUP_SINGLE_ISSUER) {
		close(fault.fd);
		munmap(page, 4096);
		return;
	}
	ring = r;
	sqe(r, IORING_OP_NOP, 0, 1);
	s = put_clone(r, SOFT, 2);
	s->rw_flags = CLONE_F_PIDFD;
	s->addr = (uintptr_t)page;
	put_exec(r, 0, 3, tiny_true(), ARGV("true"));
	sqe(r, IORING_OP_NOP, 0, 4);
	sqe(r, IORING_OP_NOP, 0, 5);
	CHECK(!pthread_create(&thread, NULL, submit_birth, NULL));
	EQUAL(poll(&fault, 1, 10000), 1);
	EQUAL(fault.revents, POLLIN);

	/* the lock is free: */
	alarm(20);
	CHECK(!syscall(__NR_io_uring_register, r->fd, IORING_REGISTER_FILES, fds, 1));
	CHECK(!syscall(__NR_io_uring_register, r->fd, IORING_UNREGISTER_FILES, NULL, 0));
	/* two that the other one has not come to, and a new one */
	sqe(r, IORING_OP_NOP, 0, 6);
	__atomic_store_n(r->sq_tail, *r->sq_tail + 1, __ATOMIC_RELEASE);
	r->sqes_pending = 0;
	EQUAL(syscall(__NR_io_uring_enter, r->fd, 3, 0, 0, NULL, 0), 3);
	alarm(300);

	CHECK(!ioctl(fault.fd, UFFDIO_ZEROPAGE,
		     &(struct uffdio_zeropage){ .range = { (uintptr_t)page, 4096 } }));
	pthread_join(thread, NULL);
	EQUAL(submitted, 3);
	for (int i = 0; i < 6; i++) {
		struct completion c = cqe(r);

		CHECK(c.user_data >= 1 && c.user_data <= 6 && !(seen & 1 << c.user_data));
		seen |= 1 << c.user_data;
		if (c.user_data == 2)
			pid = c.res;
		else
			EQUAL(c.res, 0);
	}
	no_more_cqes(r);
	CHECK(*page > 0);
	close(*page);
	EQUAL(waitpid(pid, &status, 0), pid);
	EQUAL(status, 0);
	close(fault.fd);
	munmap(page, 4096);
}
