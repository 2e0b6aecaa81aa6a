// SPDX-License-Identifier: GPL-2.0
/* Other operations in a chain: those that end where they are issued run in the child; the others
 * are refused. */
#include "lib.h"
#include <poll.h>
#include <sys/socket.h>

#define REFUSED(what, op, ...)                                \
	do {                                                  \
		put_clone(r, SOFT, 1);                        \
		struct io_uring_sqe *s = sqe(r, op, SOFT, 2); \
		__VA_ARGS__;                                  \
		put_exec(r, 0, 3, "/bin/true", ARGV("true")); \
		submit(r);                                    \
		RESULT(r, 1, -ECANCELED);                     \
		if (result(r, 2) != -EOPNOTSUPP)              \
			FAIL("%s was not refused", what);     \
		RESULT(r, 3, -ECANCELED);                     \
		no_children();                                \
	} while (0)

static void test(struct ring *r)
{
	struct __kernel_timespec ts = { .tv_sec = 1 };
	char dir[] = "/tmp/ops.XXXXXX", file[64], buf[32] = "", text[64] = "";
	int p[2], pid, fd;

	CHECK(!pipe(p));
	REFUSED("POLL_ADD", IORING_OP_POLL_ADD, s->fd = p[0], s->poll32_events = POLLIN);
	REFUSED("TIMEOUT", IORING_OP_TIMEOUT, s->addr = (uintptr_t)&ts, s->len = 1);
	REFUSED("LINK_TIMEOUT", IORING_OP_LINK_TIMEOUT, s->addr = (uintptr_t)&ts, s->len = 1);
	REFUSED("ACCEPT", IORING_OP_ACCEPT, s->fd = p[0]);
	REFUSED("ASYNC_CANCEL", IORING_OP_ASYNC_CANCEL, s->addr = 1);
	REFUSED("MSG_RING", IORING_OP_MSG_RING, s->fd = r->fd);
	REFUSED("URING_CMD", IORING_OP_URING_CMD, s->fd = p[0]);
	REFUSED("READ_MULTISHOT", 49, s->fd = p[0], s->flags |= IOSQE_BUFFER_SELECT);
	REFUSED("a provided buffer", IORING_OP_READ, s->fd = p[0], s->flags |= IOSQE_BUFFER_SELECT);
	REFUSED("IOSQE_ASYNC", IORING_OP_NOP, s->flags |= IOSQE_ASYNC);
	REFUSED("IOSQE_IO_DRAIN", IORING_OP_NOP, s->flags |= IOSQE_IO_DRAIN);
	REFUSED("IOSQE_ASYNC on EXEC", OP_EXEC, s->flags |= IOSQE_ASYNC);

	/* a file made, written, and given to the program as its stdin, all in the child's own table
	 */
	CHECK(mkdtemp(dir));
	snprintf(file, sizeof(file), "%s/file", dir);
	int fds = count_fds(), next = dup(0);
	close(next);
	put_clone(r, SOFT, 1);
	struct io_uring_sqe *s = sqe(r, IORING_OP_OPENAT, SOFT, 2);
	s->fd = AT_FDCWD;
	s->addr = (uintptr_t)file;
	s->open_flags = O_CREAT | O_RDWR | O_TRUNC;
	s->len = 0600;
	s = sqe(r, IORING_OP_WRITE, SOFT, 3);
	s->fd = next;
	s->addr = (uintptr_t) "contents\n";
	s->len = 9;
	s = sqe(r, IORING_OP_READ, SOFT, 4);
	s->fd = next;
	s->addr = (uintptr_t)buf;
	s->len = 4;
	s->off = 2;
	put_call(r, SOFT, 5, __NR_dup2, next, 0, 0, 0);
	s = sqe(r, IORING_OP_CLOSE, SOFT, 6);
	s->fd = next;
	put_call(r, SOFT, 7, __NR_dup2, p[1], 1, 0, 0);
	put_call(r, SOFT, 8, __NR_close_range, 3, ~0u, 0, 0);
	put_sh(r, 9, "ls -1 /proc/$$/fd | tr '\\n' ' '");
	EQUAL(submit(r), 9);
	pid = result(r, 1);
	RESULT(r, 2, next);
	RESULT(r, 3, 9);
	RESULT(r, 4, 4);
	CHECK(!memcmp(buf, "nten", 4));
	RESULT(r, 5, 0);
	RESULT(r, 6, 0);
	RESULT(r, 7, 1);
	RESULT(r, 8, 0);
	RESULT(r, 9, 0);
	exited(pid, 0);
	EQUAL(count_fds(), fds);
	CHECK(read(p[0], text, sizeof(text) - 1) > 0);
	CHECK(!strcmp(text, "0 1 2 "));

	/* STATX: of what the child sees */
	struct statx stx = { 0 }, root;
	put_clone(r, SOFT, 1);
	put_call(r, SOFT, 2, __NR_chdir, (uintptr_t)dir, 0, 0, 0);
	s = sqe(r, IORING_OP_STATX, SOFT, 3);
	s->fd = AT_FDCWD;
	s->addr = (uintptr_t) "file";
	s->len = STATX_SIZE | STATX_MODE;
	s->off = (uintptr_t)&stx;
	s = sqe(r, IORING_OP_STATX, HARD, 4);
	s->fd = AT_FDCWD;
	s->addr = (uintptr_t) "nothing";
	s->len = STATX_SIZE;
	s->off = (uintptr_t)&root;
	s = sqe(r, IORING_OP_STATX, SOFT, 5);
	s->fd = AT_FDCWD;
	s->addr = (uintptr_t) "/bin";
	s->len = STATX_MODE;
	s->off = (uintptr_t)&root;
	put_exec(r, 0, 6, "/bin/true", ARGV("true"));
	EQUAL(submit(r), 6);
	pid = result(r, 1);
	RESULT(r, 2, 0);
	RESULT(r, 3, 0);
	RESULT(r, 4, -ENOENT);
	RESULT(r, 5, 0);
	RESULT(r, 6, 0);
	exited(pid, 0);
	EQUAL(stx.stx_size, 9);
	EQUAL(stx.stx_mode, S_IFREG | 0600);
	CHECK(S_ISDIR(root.stx_mode));

	/* the ring itself is gone after exec, without anybody closing it */
	snprintf(text, sizeof(text), "test ! -e /proc/$$/fd/%d", r->fd);
	put_clone(r, SOFT, 1);
	put_sh(r, 2, text);
	EQUAL(submit(r), 2);
	pid = result(r, 1);
	RESULT(r, 2, 0);
	exited(pid, 0);

	/* a pipe closed by CLOSE is closed at once: reading its other end sees the end */
	int q[2];
	CHECK(!pipe2(q, O_CLOEXEC));
	put_clone(r, SOFT, 1);
	s = sqe(r, IORING_OP_CLOSE, SOFT, 2);
	s->fd = q[1];
	put_read(r, HARD, 3, q[0], buf, 1);
	put_exec(r, 0, 4, "/bin/true", ARGV("true"));
	EQUAL(submit(r), 4);
	pid = result(r, 1);
	RESULT(r, 2, 0);
	close(q[1]);
	RESULT(r, 3, 0);
	RESULT(r, 4, 0);
	exited(pid, 0);
	close(q[0]);

	/* a file that the chain has written and closed can be executed, though the submitter has
	 * not looked at anything yet */
	char script[64];
	snprintf(script, sizeof(script), "%s/script", dir);
	for (int i = 0; i < 2; i++) {
		put_clone(r, SOFT, 1);
		s = sqe(r, IORING_OP_OPENAT, SOFT, 2);
		s->fd = AT_FDCWD;
		s->addr = (uintptr_t)script;
		s->open_flags = O_CREAT | O_WRONLY | O_TRUNC;
		s->len = 0700;
		s = sqe(r, IORING_OP_WRITE, SOFT, 3);
		s->fd = next;
		s->addr = (uintptr_t) "#!/bin/sh\nexit 44\n";
		s->len = 18;
		s = sqe(r, IORING_OP_CLOSE, SOFT, 4);
		s->fd = next;
		put_exec(r, 0, 5, script, ARGV("script"));
		EQUAL(submit(r), 5);
		pid = result(r, 1);
		RESULT(r, 2, next);
		RESULT(r, 3, 18);
		RESULT(r, 4, 0);
		RESULT(r, 5, 0);
		exited(pid, 44);
	}
	unlink(script);

	/* errors come as results: a closed pipe, a wrong fd, a busy non-blocking one */
	CHECK(!pipe2(q, O_CLOEXEC | O_NONBLOCK));
	signal(SIGPIPE, SIG_IGN);
	put_clone(r, SOFT, 1);
	put_read(r, HARD, 2, q[0], buf, 1);
	s = sqe(r, IORING_OP_CLOSE, HARD, 3);
	s->fd = q[0];
	s = sqe(r, IORING_OP_WRITE, HARD, 4);
	s->fd = 999;
	s->addr = (uintptr_t)buf;
	s->len = 1;
	s = sqe(r, IORING_OP_CLOSE, HARD, 5);
	s->fd = 999;
	put_exec(r, 0, 6, "/bin/true", ARGV("true"));
	EQUAL(submit(r), 6);
	pid = result(r, 1);
	RESULT(r, 2, -EAGAIN);
	RESULT(r, 3, 0);
	RESULT(r, 4, -EBADF);
	RESULT(r, 5, -EBADF);
	RESULT(r, 6, 0);
	exited(pid, 0);
	close(q[0]);

	/* a write that fails */
	put_clone(r, SOFT, 1);
	s = sqe(r, IORING_OP_WRITE, HARD, 2);
	s->fd = q[1];
	s->addr = (uintptr_t)buf;
	s->len = 1;
	put_exec(r, 0, 3, "/bin/true", ARGV("true"));
	EQUAL(submit(r), 3);
	pid = result(r, 1);
	RESULT(r, 2, -EPIPE);
	RESULT(r, 3, 0);
	exited(pid, 0);
	signal(SIGPIPE, SIG_DFL);
	close(q[1]);

	/* registered files, and one of them installed */
	fd = open(file, O_RDONLY | O_CLOEXEC);
	CHECK(!syscall(__NR_io_uring_register, r->fd, IORING_REGISTER_FILES, &fd, 1));
	close(fd);
	memset(buf, 0, sizeof(buf));
	put_clone(r, SOFT, 1);
	s = put_read(r, SOFT | IOSQE_FIXED_FILE, 2, 0, buf, 4);
	s->off = 0;
	s = sqe(r, IORING_OP_CLOSE, SOFT, 3);
	s->fd = 0;
	s = sqe(r, OP_FIXED_FD_INSTALL, SOFT | IOSQE_FIXED_FILE, 4);
	s->fd = 0;
	s->rw_flags = 1; /* IORING_FIXED_FD_NO_CLOEXEC */
	put_sh(r, 5,
	       "test \"$(readlink /proc/$$/fd/0)\" != '' && read x && test \"$x\" = contents");
	EQUAL(submit(r), 5);
	pid = result(r, 1);
	RESULT(r, 2, 4);
	CHECK(!memcmp(buf, "cont", 4));
	RESULT(r, 3, 0);
	RESULT(r, 4, 0);
	RESULT(r, 5, 0);
	exited(pid, 0);
	CHECK(!syscall(__NR_io_uring_register, r->fd, IORING_UNREGISTER_FILES, NULL, 0));
	close(p[0]);
	close(p[1]);
	unlink(file);
	rmdir(dir);
}
