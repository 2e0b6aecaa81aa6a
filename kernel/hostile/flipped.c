// SPDX-License-Identifier: GPL-2.0
/*
 * Threads write to the submission entries, and to what they point to, while the kernel reads them:
 * each field becomes something else, or comes back, at any moment.
 */
#include "chain.h"

static struct ring ring;
static struct stock stock;
static unsigned personality;

static unsigned step(unsigned *x)
{
	*x ^= *x << 13, *x ^= *x >> 17, *x ^= *x << 5;
	return *x;
}

static void *flip(void *arg)
{
	static const unsigned char opcodes[] = { OP_CLONE, OP_EXEC, OP_SPAWN_CALL, 0, 22, 23, 255 };
	unsigned x = (uintptr_t)arg;

	for (;;) {
		volatile struct io_uring_sqe *s = &ring.sqes[step(&x) & ring.sq_mask];
		volatile unsigned char *byte = (volatile unsigned char *)s + step(&x) % 64, had;
		uint64_t *args = stock.args[step(&x) % 64];

		switch (step(&x) % 8) {
		case 0:
			had = s->opcode;
			s->opcode = opcodes[step(&x) % sizeof(opcodes)];
			s->opcode = had;
			break;
		case 1:
			had = s->flags;
			s->flags = step(&x);
			s->flags = had;
			break;
		case 2:
			for (int i = 0; i < 20; i++) {
				s->personality = personality;
				s->personality = 0;
			}
			break;
		case 3:
			args[step(&x) % 6] ^= 1u << step(&x) % 32;
			break;
		default:
			had = *byte;
			*byte = step(&x);
			*byte = had;
		}
	}
	return NULL;
}

static void prepare(void)
{
}

static void attack(unsigned flags)
{
	pthread_t threads[2];

	stock_open(&stock);
	ring_open(&ring, 64, flags);
	personality =
		syscall(__NR_io_uring_register, ring.fd, IORING_REGISTER_PERSONALITY, NULL, 0);
	for (int i = 0; i < 2; i++)
		CHECK(!pthread_create(&threads[i], NULL, flip, (void *)(uintptr_t)(1 + random())));
	for (int i = 0; i < 20; i++) {
		struct completion c;

		put_some_chain(&ring, &stock, 8);
		submit(&ring);
		for (int j = 0; j < 16; j++)
			next_cqe(&ring, &c, 1);
		while (waitpid(-1, NULL, WNOHANG | __WALL) > 0)
			;
	}
}
