// SPDX-License-Identifier: GPL-2.0
/*
 * Several threads submit to the same ring, so that births go on side by side without its lock,
 * while others register and unregister what they can, write to the queue's ends, and one thread
 * executes something or exits in the midst of it.
 */
#include "chain.h"
#include "../tests/waits.h"

static struct ring ring;
static struct stock stock;
static int uffd;
static char *page;

static void prepare(void)
{
}

static void *submits(void *arg)
{
	/* whoever comes first has it: entries that are half written are part of it */
	for (int i = 0; i < 60; i++) {
		struct completion c;
		unsigned n = put_some_chain(&ring, &stock, 4), before = ring.sqes_pending;

		if (one_in(8))
			ring.sqes[(*ring.sq_tail + before - n) & ring.sq_mask].addr =
				(uintptr_t)page + 4 * any(64);
		submit(&ring);
		for (int j = any(8); j > 0; j--)
			next_cqe(&ring, &c, 1);
		while (waitpid(-1, NULL, WNOHANG | __WALL) > 0)
			;
	}
	return arg;
}

static void *registers(void *arg)
{
	for (int i = 0; i < 200; i++) {
		struct iovec iov = { stock.buf, sizeof(stock.buf) };

		switch (any(8)) {
		case 0:
			syscall(__NR_io_uring_register, ring.fd, IORING_REGISTER_FILES, stock.pipe,
				2);
			break;
		case 1:
			syscall(__NR_io_uring_register, ring.fd, IORING_UNREGISTER_FILES, NULL, 0);
			break;
		case 2:
			syscall(__NR_io_uring_register, ring.fd, IORING_REGISTER_BUFFERS, &iov, 1);
			break;
		case 3:
			syscall(__NR_io_uring_register, ring.fd, IORING_UNREGISTER_BUFFERS, NULL,
				0);
			break;
		case 4:
			/* the end of the queue moves back, or far ahead */
			__atomic_fetch_add(ring.sq_tail, (int)any(9) - 4, __ATOMIC_RELEASE);
			break;
		case 5:
			/* the page, for those whose pidfd goes there; and away with it again */
			ioctl(uffd, UFFDIO_ZEROPAGE,
			      &(struct uffdio_zeropage){ .range = { (uintptr_t)page, 4096 } });
			break;
		case 6:
			madvise(page, 4096, MADV_DONTNEED);
			break;
		default:
			usleep(any(5000));
		}
	}
	return arg;
}

static void attack(unsigned flags)
{
	pthread_t threads[4];

	/* not all of them are the ring's only submitter */
	if (one_in(4) == 0)
		flags &= ~(IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN);
	stock_open(&stock);
	ring_open(&ring, 128, flags);
	page = one_page();
	uffd = faults_of(page, UFFD_USER_MODE_ONLY);
	for (int i = 0; i < 4; i++)
		CHECK(!pthread_create(&threads[i], NULL, i < 3 ? submits : registers, NULL));
	a_while();
	if (one_in(3))
		execl("/dev/shm/tiny_true", "true", NULL);
	if (one_in(3))
		_exit(0);
	for (int i = 0; i < 4; i++)
		pthread_join(threads[i], NULL);
}
