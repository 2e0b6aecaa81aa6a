// SPDX-License-Identifier: GPL-2.0
/* Entries as chance has them: few are well made, all are read. */
#include "chain.h"

static void prepare(void)
{
}

/* Spoils something of an entry */
static void spoil(struct io_uring_sqe *s, struct stock *stock)
{
	static const uint64_t values[] = {
		0, 1, 2, 7, 8, 64, 4095, 4096, -1, 1ull << 31, 1ull << 63
	};
	uint64_t value = one_in(3) ? (uintptr_t)stock->buf + any(4096) : values[any(11)];

	switch (any(12)) {
	case 0:
		s->opcode = one_in(2) ? 200 + any(4) : any(256);
		break;
	case 1:
		s->flags ^= 1u << any(8);
		break;
	case 2:
		s->personality = any(3);
		break;
	case 3:
		s->fd = value;
		break;
	case 4:
		s->addr = value;
		break;
	case 5:
		s->addr2 = value;
		break;
	case 6:
		s->addr3 = value;
		break;
	case 7:
		s->len = value;
		break;
	case 8:
		s->rw_flags ^= 1u << any(32);
		break;
	case 9:
		s->off ^= 1ull << any(64);
		break;
	case 10:
		s->buf_index = value;
		break;
	default:
		s->splice_fd_in = value;
	}
}

static void attack(unsigned flags)
{
	static const unsigned more[] = { IORING_SETUP_IOPOLL,     IORING_SETUP_SQPOLL,
					 IORING_SETUP_SUBMIT_ALL, IORING_SETUP_SQE128,
					 IORING_SETUP_CQE32,      SETUP_NO_SQARRAY };
	struct stock stock;
	struct ring r;

	stock_open(&stock);
	if (one_in(3) && !ring_try(&r, 64, flags | more[any(6)]))
		flags = r.flags;
	else
		ring_open(&r, 64, flags);
	syscall(__NR_io_uring_register, r.fd, IORING_REGISTER_PERSONALITY, NULL, 0);
	if (one_in(2))
		syscall(__NR_io_uring_register, r.fd, IORING_REGISTER_FILES, stock.pipe, 2);
	for (int i = 0; i < 20; i++) {
		struct completion c;

		for (unsigned n = 1 + any(3); n > 0; n--)
			put_some_chain(&r, &stock, 5);
		for (unsigned n = any(6); n > 0; n--)
			spoil(&r.sqes[(*r.sq_tail + any(r.sqes_pending)) & r.sq_mask], &stock);
		if (one_in(10))
			r.sqes_pending = any(r.sqes_pending);
		submit(&r);
		for (int j = 0; j < 24; j++)
			next_cqe(&r, &c, j < 4);
		while (waitpid(-1, NULL, WNOHANG | __WALL) > 0)
			;
	}
}
