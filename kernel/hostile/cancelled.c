// SPDX-License-Identifier: GPL-2.0
/*
 * Storms of cancelation, of every kind and from several sides, over chains that are long, that wait
 * or that are through already.
 */
#include "chain.h"

static struct ring ring;
static struct stock stock;
static volatile int over;

static void prepare(void)
{
}

static void put_cancel(struct ring *r)
{
	struct io_uring_sqe *s = sqe(r, IORING_OP_ASYNC_CANCEL, one_in(4) ? SOFT : 0, 200);

	s->cancel_flags = any(64);
	s->addr = any(110);
	s->fd = one_in(2) ? stock.pipe[0] : (int)any(16);
	if (s->cancel_flags & 1 << 5)
		s->len = one_in(2) ? 200 + any(4) : any(60);
	if (one_in(4))
		s->flags |= IOSQE_ASYNC;
}

/* IORING_REGISTER_SYNC_CANCEL, from a second thread */
static void *sync_cancel(void *arg)
{
	while (!over) {
		struct io_uring_sync_cancel_reg reg = {
			.addr = any(110),
			.fd = stock.pipe[0],
			.flags = any(32),
			.timeout = { .tv_sec = 0, .tv_nsec = 1000000 },
		};

		syscall(__NR_io_uring_register, ring.fd, IORING_REGISTER_SYNC_CANCEL, &reg, 1);
		usleep(any(2000));
	}
	return arg;
}

static void put_long(struct ring *r, unsigned length)
{
	put_clone(r, HARD, 1);
	put_read(r, HARD, 2, stock.pipe[0], stock.buf, 1);
	while (length--)
		sqe(r, IORING_OP_NOP, some_link(), 3 + any(100));
	put_exec(r, 0, 101, "/dev/shm/tiny_true", ARGV("x"))->addr2 = 0;
}

static void attack(unsigned flags)
{
	pthread_t thread;

	stock_open(&stock);
	ring_open(&ring, 4096, flags);
	CHECK(!pthread_create(&thread, NULL, sync_cancel, NULL));
	for (int i = 0; i < 30; i++) {
		struct completion c;

		for (unsigned n = any(4); n > 0; n--)
			put_long(&ring, any(900));
		for (unsigned n = any(6); n > 0; n--)
			put_some_chain(&ring, &stock, 6);
		for (unsigned n = any(20); n > 0; n--)
			put_cancel(&ring);
		sqe(&ring, IORING_OP_NOP, 0, 0);
		submit(&ring);
		for (int j = any(3); j > 0; j--) {
			for (unsigned n = any(20); n > 0; n--)
				put_cancel(&ring);
			sqe(&ring, IORING_OP_NOP, 0, 0);
			submit(&ring);
			a_while();
		}
		if (one_in(3))
			write(stock.pipe[1], stock.buf, any(8));
		while (!next_cqe(&ring, &c, 1))
			;
		while (waitpid(-1, NULL, WNOHANG | __WALL) > 0)
			;
		if (one_in(30))
			break;
	}
	over = one_in(2);
	if (over)
		pthread_join(thread, NULL);
}
