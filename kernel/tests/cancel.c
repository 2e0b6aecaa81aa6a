// SPDX-License-Identifier: GPL-2.0
/* A chain that waits can be cancelled, whichever of its requests is named; nothing else on the ring
 * waits for it. */
#include "lib.h"

static void put_waiting(struct ring *r, int fd, char *buf)
{
	put_clone(r, SOFT, 1);
	put_read(r, HARD, 2, fd, buf, 1);
	put_exec(r, 0, 3, "/bin/true", ARGV("true"));
}

static void test(struct ring *r)
{
	int p[2], pid;
	char buf[8];

	CHECK(!pipe2(p, O_CLOEXEC));
	for (int target = 2; target <= 3; target++) {
		put_waiting(r, p[0], buf);
		EQUAL(submit(r), 3);
		pid = result(r, 1);
		UNTIL(state(pid) == 'S');
		/* the ring goes on meanwhile, registered files and all */
		CHECK(!syscall(__NR_io_uring_register, r->fd, IORING_REGISTER_FILES, p, 2));
		sqe(r, IORING_OP_NOP, 0, 9);
		submit(r);
		RESULT(r, 9, 0);
		CHECK(!syscall(__NR_io_uring_register, r->fd, IORING_UNREGISTER_FILES, NULL, 0));

		sqe(r, IORING_OP_ASYNC_CANCEL, 0, 10)->addr = target;
		submit(r);
		RESULT(r, 10, 0);
		RESULT(r, 2, -ECANCELED);
		RESULT(r, 3, -ECANCELED);
		killed(pid, SIGKILL);
	}

	/* by opcode, in user space's numbers */
	put_waiting(r, p[0], buf);
	submit(r);
	pid = result(r, 1);
	struct io_uring_sqe *s = sqe(r, IORING_OP_ASYNC_CANCEL, 0, 10);
	s->cancel_flags = 1 << 5; /* IORING_ASYNC_CANCEL_OP */
	s->len = OP_EXEC;
	submit(r);
	RESULT(r, 10, 0);
	RESULT(r, 2, -ECANCELED);
	RESULT(r, 3, -ECANCELED);
	killed(pid, SIGKILL);

	/* all of them */
	int pids[3];
	for (int i = 0; i < 3; i++) {
		put_clone(r, SOFT, 1);
		put_read(r, SOFT, 2, p[0], buf, 1);
		put_exec(r, 0, 2, "/bin/true", ARGV("true"));
		submit(r);
		pids[i] = result(r, 1);
	}
	s = sqe(r, IORING_OP_ASYNC_CANCEL, 0, 10);
	s->cancel_flags = IORING_ASYNC_CANCEL_ANY;
	submit(r);
	CHECK(result(r, 10) > 0);
	for (int i = 0; i < 6; i++)
		RESULT(r, 2, -ECANCELED);
	for (int i = 0; i < 3; i++)
		killed(pids[i], SIGKILL);

	/* synchronously */
	if (!(r->flags & IORING_SETUP_DEFER_TASKRUN)) {
		struct io_uring_sync_cancel_reg reg = { .addr = 2,
							.fd = -1,
							.timeout = { -1, -1 } };

		put_waiting(r, p[0], buf);
		submit(r);
		pid = result(r, 1);
		CHECK(!syscall(__NR_io_uring_register, r->fd, IORING_REGISTER_SYNC_CANCEL, &reg,
			       1));
		RESULT(r, 2, -ECANCELED);
		RESULT(r, 3, -ECANCELED);
		killed(pid, SIGKILL);
	}

	/* what is not there */
	sqe(r, IORING_OP_ASYNC_CANCEL, 0, 10)->addr = 77;
	submit(r);
	RESULT(r, 10, -ENOENT);

	/* a child that is killed by somebody else: its chain is over as well */
	put_waiting(r, p[0], buf);
	submit(r);
	pid = result(r, 1);
	UNTIL(state(pid) == 'S');
	kill(pid, SIGKILL);
	RESULT(r, 2, -EINTR);
	RESULT(r, 3, -ECANCELED);
	killed(pid, SIGKILL);
	close(p[0]);
	close(p[1]);
}
