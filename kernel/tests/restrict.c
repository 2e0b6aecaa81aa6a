// SPDX-License-Identifier: GPL-2.0
/* A ring may restrict itself to our opcodes, or from them; the probe knows nothing of them. */
#include "lib.h"

static void restrict_to(struct ring *r, unsigned flags, const int *ops, int n)
{
	struct io_uring_restriction res[8] = { 0 };
	int i;

	ring_open(r, 8, flags | IORING_SETUP_R_DISABLED);
	for (i = 0; i < n; i++) {
		res[i].opcode = IORING_RESTRICTION_SQE_OP;
		res[i].sqe_op = ops[i];
	}
	res[i].opcode = IORING_RESTRICTION_SQE_FLAGS_ALLOWED;
	res[i].sqe_flags = SOFT | HARD;
	CHECK(!syscall(__NR_io_uring_register, r->fd, IORING_REGISTER_RESTRICTIONS, res, n + 1));
	CHECK(!syscall(__NR_io_uring_register, r->fd, IORING_REGISTER_ENABLE_RINGS, NULL, 0));
}

static void test(struct ring *r)
{
	static const int ours[] = { OP_CLONE, OP_SPAWN_CALL, OP_EXEC },
			 theirs[] = { IORING_OP_NOP, OP_CLONE };
	struct ring own;
	int pid;

	restrict_to(&own, r->flags, ours, 3);
	put_clone(&own, SOFT, 1);
	put_call(&own, SOFT, 2, __NR_umask, 022, 0, 0, 0);
	put_exec(&own, 0, 3, "/bin/true", ARGV("true"));
	EQUAL(submit(&own), 3);
	pid = result(&own, 1);
	CHECK(result(&own, 2) >= 0);
	RESULT(&own, 3, 0);
	exited(pid, 0);
	sqe(&own, IORING_OP_NOP, 0, 1);
	submit(&own);
	RESULT(&own, 1, -EACCES);
	ring_close(&own);

	restrict_to(&own, r->flags, theirs, 2);
	put_clone(&own, SOFT, 1);
	put_exec(&own, 0, 2, "/bin/true", ARGV("true"));
	submit(&own);
	RESULT(&own, 1, -ECANCELED);
	RESULT(&own, 2, -EACCES);
	ring_close(&own);
	no_children();

	/* numbers between upstream's and ours, and behind ours, are nothing */
	struct ring off;
	ring_open(&off, 8, r->flags | IORING_SETUP_R_DISABLED);
	for (int op = 100; op < 256; op++) {
		struct io_uring_restriction one = { .opcode = IORING_RESTRICTION_SQE_OP,
						    .sqe_op = op };

		if (op >= OP_CLONE && op <= OP_SPAWN_CALL)
			continue;
		CHECK(syscall(__NR_io_uring_register, off.fd, IORING_REGISTER_RESTRICTIONS, &one,
			      1) == -1 &&
		      errno == EINVAL);
	}
	ring_close(&off);
	for (int op = 100; op < 256; op++) {
		if (op >= OP_CLONE && op <= OP_SPAWN_CALL)
			continue;
		sqe(r, op, 0, 1);
		submit(r);
		RESULT(r, 1, -EINVAL);
	}

	struct {
		struct io_uring_probe probe;
		struct io_uring_probe_op ops[256];
	} probe = { 0 };
	CHECK(!syscall(__NR_io_uring_register, r->fd, IORING_REGISTER_PROBE, &probe, 256));
	CHECK(probe.probe.last_op < 100 && probe.probe.ops_len <= 100);

	/* the sysctl is a fact, not a switch */
	CHECK(open("/proc/sys/kernel/io_uring_spawn_abi", O_WRONLY) == -1);
	EQUAL(abi(), 1);
}
