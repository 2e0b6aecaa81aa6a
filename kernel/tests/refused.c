// SPDX-License-Identifier: GPL-2.0
/* What can't be a chain is refused, with EINVAL, and nobody is born for it. */
#include "lib.h"

/* A CLONE with one field wrong, a NOP behind it. */
#define BAD_CLONE(what, ...)                                         \
	do {                                                         \
		struct io_uring_sqe *s = put_clone(r, SOFT, 1);      \
		__VA_ARGS__;                                         \
		sqe(r, IORING_OP_NOP, 0, 2);                         \
		submit(r);                                           \
		if (result(r, 1) != -EINVAL)                         \
			FAIL("CLONE with %s was not refused", what); \
		RESULT(r, 2, -ECANCELED);                            \
		no_children();                                       \
	} while (0)

/* A chain whose one request, of ours, is not right. */
#define BAD(what, put, ...)                                                \
	do {                                                               \
		put_clone(r, HARD, 1);                                     \
		struct io_uring_sqe *s = put;                              \
		__VA_ARGS__;                                               \
		submit(r);                                                 \
		if (result(r, 1) != -ECANCELED || result(r, 2) != -EINVAL) \
			FAIL("%s was not refused", what);                  \
		no_children();                                             \
	} while (0)
#define BAD_EXEC(what, ...) \
	BAD("EXEC with " what, put_exec(r, 0, 2, "/bin/true", ARGV("true")), __VA_ARGS__)
#define BAD_CALL(what, ...) \
	BAD("SPAWN_CALL with " what, put_call(r, 0, 2, __NR_umask, 0777, 0, 0, 0), __VA_ARGS__)

static void flush(struct ring *r)
{
	struct completion c = { 0 };

	/* without IORING_SETUP_SUBMIT_ALL an error ends the submission: the rest is still to be
	 * submitted */
	while (*r->sq_head != *r->sq_tail)
		syscall(__NR_io_uring_enter, r->fd, *r->sq_tail - *r->sq_head, 0, 0, NULL, 0);
	while (!next_cqe(r, &c, 20))
		;
}

static void test(struct ring *r)
{
	int pidfd = -1;

	/* outside a chain */
	put_exec(r, 0, 1, "/bin/true", ARGV("true"));
	submit(r);
	RESULT(r, 1, -EINVAL);
	put_call(r, 0, 1, __NR_setsid, 0, 0, 0, 0);
	submit(r);
	RESULT(r, 1, -EINVAL);
	sqe(r, IORING_OP_NOP, SOFT, 1);
	put_exec(r, 0, 2, "/bin/true", ARGV("true"));
	submit(r);
	RESULT(r, 1, -ECANCELED);
	RESULT(r, 2, -EINVAL);

	/* alone, or not at the head */
	put_clone(r, 0, 1);
	submit(r);
	RESULT(r, 1, -EINVAL);
	sqe(r, IORING_OP_NOP, SOFT, 1);
	put_clone(r, SOFT, 2);
	sqe(r, IORING_OP_NOP, 0, 3);
	submit(r);
	RESULT(r, 1, -ECANCELED);
	RESULT(r, 2, -EINVAL);
	RESULT(r, 3, -ECANCELED);
	put_clone(r, SOFT, 1);
	put_clone(r, SOFT, 2);
	sqe(r, IORING_OP_NOP, 0, 3);
	submit(r);
	RESULT(r, 1, -ECANCELED);
	RESULT(r, 2, -EINVAL);
	RESULT(r, 3, -ECANCELED);

	/* cut off by the submission, softly or not: nothing behind it runs, in the parent least of
	 * all */
	for (int hard = 0; hard < 2; hard++) {
		unsigned link = hard ? HARD : SOFT;

		put_clone(r, link, 1);
		submit(r);
		RESULT(r, 1, -EINVAL);
		put_clone(r, link, 1);
		put_call(r, link, 2, __NR_umask, 0777, 0, 0, 0);
		submit(r);
		RESULT(r, 1, -EINVAL);
		RESULT(r, 2, -ECANCELED);
		mode_t old = umask(022);
		CHECK(old != 0777);
		umask(old);
	}
	no_children();

	/* fields and flags */
	BAD_CLONE("IOSQE_ASYNC", s->flags |= IOSQE_ASYNC);
	BAD_CLONE("IOSQE_FIXED_FILE", s->flags |= IOSQE_FIXED_FILE);
	BAD_CLONE("IOSQE_IO_DRAIN", s->flags |= IOSQE_IO_DRAIN);
	BAD_CLONE("ioprio", s->ioprio = 1);
	BAD_CLONE("fd", s->fd = 1);
	BAD_CLONE("len", s->len = 1);
	BAD_CLONE("an unknown flag", s->rw_flags = 4);
	BAD_CLONE("addr without PIDFD", s->addr = (uintptr_t)&pidfd);
	BAD_CLONE("off that is no namespace", s->off = CLONE_VM);
	BAD_CLONE("off that is no namespace", s->off = 1ull << 40);
	BAD_CLONE("buf_index", s->buf_index = 1);
	BAD_CLONE("personality", s->personality = 1);
	BAD_CLONE("splice_fd_in", s->splice_fd_in = 1);
	BAD_CLONE("addr3", s->addr3 = 1);
	BAD_CLONE("pad", s->__pad2[0] = 1);
	EQUAL(pidfd, -1);

	/* EXEC as somebody else */
	int id = syscall(__NR_io_uring_register, r->fd, IORING_REGISTER_PERSONALITY, NULL, 0);
	CHECK(id > 0);
	put_clone(r, SOFT, 1);
	put_exec(r, 0, 2, "/bin/true", ARGV("true"))->personality = id;
	submit(r);
	RESULT(r, 1, -ECANCELED);
	RESULT(r, 2, -EINVAL);
	put_clone(r, SOFT, 1);
	put_call(r, 0, 2, __NR_setresuid, 1, 1, 1, 0)->personality = id;
	submit(r);
	RESULT(r, 1, -ECANCELED);
	RESULT(r, 2, -EINVAL);

	BAD_EXEC("an unknown flag", s->len = 2);
	BAD_EXEC("an unknown execveat flag", s->rw_flags = 1);
	BAD_EXEC("buf_index", s->buf_index = 1);
	BAD_EXEC("splice_fd_in", s->splice_fd_in = 1);
	BAD_EXEC("ioprio", s->ioprio = 1);
	BAD_EXEC("pad", s->__pad2[0] = 1);
	BAD_EXEC("a fixed file", s->flags |= IOSQE_FIXED_FILE);
	BAD_CALL("off", s->off = 1);
	BAD_CALL("rw_flags", s->rw_flags = 1);
	BAD_CALL("buf_index", s->buf_index = 1);
	BAD_CALL("splice_fd_in", s->splice_fd_in = 1);
	BAD_CALL("addr3", s->addr3 = 1);
	BAD_CALL("pad", s->__pad2[0] = 1);
	BAD_CALL("ioprio", s->ioprio = 1);
	BAD_CALL("a fixed file", s->flags |= IOSQE_FIXED_FILE);
	flush(r);
	no_children();

	/* held up by a drain, it would be a worker's child: nobody is born, and nothing behind it
	 * runs */
	int p[2];
	char c;
	CHECK(!pipe2(p, O_CLOEXEC));
	put_read(r, 0, 1, p[0], &c, 1);
	sqe(r, IORING_OP_NOP, IOSQE_IO_DRAIN, 2);
	put_clone(r, HARD, 3);
	put_call(r, HARD, 4, __NR_umask, 0777, 0, 0, 0);
	put_exec(r, 0, 5, "/bin/true", ARGV("true"));
	EQUAL(submit(r), 5);
	CHECK(write(p[1], "x", 1) == 1);
	RESULT(r, 1, 1);
	/* the two are no longer ordered: one is issued by us, the other by a worker */
	static const int drained[] = { [2] = 0, [3] = -EINVAL, [4] = -ECANCELED, [5] = -ECANCELED };
	for (int seen = 0; seen != 0x3c;) {
		struct completion done = cqe(r);

		CHECK(done.user_data >= 2 && done.user_data <= 5 && !(seen & 1 << done.user_data));
		EQUAL(done.res, drained[done.user_data]);
		seen |= 1 << done.user_data;
	}
	mode_t old_mask = umask(022);
	CHECK(old_mask != 0777);
	umask(old_mask);
	no_children();
	close(p[0]), close(p[1]);
	/* io_uring notices with the next request that there is nothing left to wait for */
	sqe(r, IORING_OP_NOP, 0, 1);
	submit(r);
	RESULT(r, 1, 0);

	/* the ring still works */
	put_clone(r, SOFT, 1);
	put_exec(r, 0, 2, "/bin/true", ARGV("true"));
	submit(r);
	exited(result(r, 1), 0);
	RESULT(r, 2, 0);

	/* a ring whose entries are taken by a kernel thread */
	struct ring sq;
	ring_open(&sq, 8, IORING_SETUP_SQPOLL);
	put_clone(&sq, SOFT, 1);
	put_exec(&sq, 0, 2, "/bin/true", ARGV("true"));
	__atomic_store_n(sq.sq_tail, *sq.sq_tail + 2, __ATOMIC_SEQ_CST);
	syscall(__NR_io_uring_enter, sq.fd, 2, 0, IORING_ENTER_SQ_WAKEUP, NULL, 0);
	RESULT(&sq, 1, -EINVAL);
	RESULT(&sq, 2, -ECANCELED);
	ring_close(&sq);

	/* one that polls for I/O */
	ring_open(&sq, 8, IORING_SETUP_IOPOLL);
	put_clone(&sq, SOFT, 1);
	put_exec(&sq, 0, 2, "/bin/true", ARGV("true"));
	submit(&sq);
	RESULT(&sq, 1, -EINVAL);
	RESULT(&sq, 2, -EINVAL); /* none of ours works there, each says so */
	ring_close(&sq);
}
