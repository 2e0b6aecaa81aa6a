// SPDX-License-Identifier: GPL-2.0
/* IORING_CLONE_FDS: a child is born with the descriptors that are listed, and no others. */
#include "lib.h"

#define LIST(...)                                   \
	((const struct fd_entry[]){ __VA_ARGS__ }), \
		(sizeof((const struct fd_entry[]){ __VA_ARGS__ }) / sizeof(struct fd_entry))

static void refused(struct ring *r, int want)
{
	put_exec(r, 0, 2, "/bin/true", ARGV("true"));
	submit(r);
	RESULT(r, 1, want);
	RESULT(r, 2, -ECANCELED);
	no_children();
}

/* What there is to be read until everybody else has closed the other end, which must be soon. */
static void reads(int fd, const char *want)
{
	char text[256];
	size_t length = 0;
	ssize_t n;

	while ((n = read(fd, text + length, sizeof(text) - 1 - length)) > 0)
		length += n;
	CHECK(n == 0);
	text[length] = 0;
	if (strcmp(text, want))
		FAIL("'%s' was read, not '%s'", text, want);
	close(fd);
}

/*
 * The numbers that a shell has, when the list is these: to look, it opens one more, the lowest that
 * is free. It says so at the first of the list.
 */
static void shell_has(struct ring *r, const int *fds, unsigned count, const char *want)
{
	struct fd_entry list[16];
	char script[128];
	int p[2], pid;

	CHECK(!pipe2(p, O_CLOEXEC));
	for (unsigned i = 0; i < count; i++)
		list[i] = (struct fd_entry){ fds[i], p[1] };
	snprintf(script, sizeof(script), "cd /proc/$$/fd; set -- *; echo $* >/dev/fd/%d", fds[0]);
	put_clone_fds(r, list, count);
	put_exec(r, 0, 2, "/bin/sh", ARGV("sh", "-c", script));
	EQUAL(submit(r), 2);
	close(p[1]);
	pid = result(r, 1);
	RESULT(r, 2, 0);
	exited(pid, 0);
	reads(p[0], want);
}

static int count_in(pid_t pid)
{
	char path[64];
	int n = 0;

	for (int fd = 0; fd < 1024; fd++) {
		snprintf(path, sizeof(path), "/proc/%d/fd/%d", pid, fd);
		n += access(path, F_OK) == 0 || readlink(path, (char[8]){ 0 }, 8) > 0;
	}
	return n;
}

static void test(struct ring *r)
{
	struct rlimit limit, less;
	int p[2], q[2], pid, path_fd;
	char byte;

	/* close-on-exec is not inherited; 63 and 64 lie on both sides of a table's first size */
	shell_has(r, (const int[]){ 1 }, 1, "0 1\n");
	shell_has(r, (const int[]){ 0, 1, 2, 9 }, 4, "0 1 2 3 9\n");
	shell_has(r, (const int[]){ 1, 63 }, 2, "0 1 63\n");
	shell_has(r, (const int[]){ 1, 64, 700 }, 3, "0 1 64 700\n");

	/* numbers that change places, which takes a third when it is done by dup2 */
	CHECK(!pipe2(p, O_CLOEXEC) && !pipe2(q, O_CLOEXEC));
	put_clone_fds(r, LIST({ p[1], q[1] }, { q[1], p[1] }));
	char script[64];
	snprintf(script, sizeof(script), "echo p >/dev/fd/%d; echo q >/dev/fd/%d", p[1], q[1]);
	put_exec(r, 0, 2, "/bin/sh", ARGV("sh", "-c", script));
	submit(r);
	close(p[1]), close(q[1]);
	pid = result(r, 1);
	RESULT(r, 2, 0);
	exited(pid, 0);
	reads(p[0], "q\n");
	reads(q[0], "p\n");

	/* a chain that blocks holds nothing else: neither the pipe's other end nor the ring */
	CHECK(!pipe2(p, O_CLOEXEC));
	put_clone_fds(r, LIST({ 0, p[0] }));
	put_read(r, HARD, 2, 0, &byte, 1);
	put_exec(r, 0, 3, "/bin/true", ARGV("true"));
	EQUAL(submit(r), 3);
	pid = result(r, 1);
	UNTIL(state(pid) == 'S');
	EQUAL(count_in(pid), 1);
	close(p[1]);
	RESULT(r, 2, 0);
	RESULT(r, 3, 0);
	exited(pid, 0);
	close(p[0]);

	/* with a pidfd, which is the parent's; and a descriptor that only names a file */
	path_fd = open("/bin", O_PATH | O_CLOEXEC);
	int pidfd = -1;
	struct io_uring_sqe *s = put_clone_fds(r, LIST({ 5, path_fd }));
	s->rw_flags |= CLONE_F_PIDFD;
	s->addr = (uintptr_t)&pidfd;
	s = put_exec(r, 0, 2, "sh", ARGV("sh", "-c", "exit 3"));
	s->fd = 5;
	EQUAL(submit(r), 2);
	pid = result(r, 1);
	RESULT(r, 2, 0);
	CHECK(pidfd >= 0);
	exited(pid, 3);
	close(pidfd);
	close(path_fd);

	/* lists that are none */
	CHECK(!pipe2(p, O_CLOEXEC));
	put_clone_fds(r, NULL, 0), refused(r, -EINVAL);
	put_clone_fds(r, LIST({ 1, p[1] }, { 0, p[1] })), refused(r, -EINVAL);
	put_clone_fds(r, LIST({ 1, p[1] }, { 1, p[1] })), refused(r, -EINVAL);
	put_clone_fds(r, LIST({ 5, p[1] }, { 1, p[1] }, { 6, p[1] })), refused(r, -EINVAL);
	put_clone_fds(r, LIST({ -1, p[1] })), refused(r, -EINVAL);
	put_clone_fds(r, LIST({ -1, p[1] }, { 1, p[1] })), refused(r, -EINVAL);
	put_clone_fds(r, LIST({ 0x7fffffff, p[1] })), refused(r, -EINVAL);
	put_clone_fds(r, LIST({ 0, -1 })), refused(r, -EBADF);
	put_clone_fds(r, LIST({ 0, p[1] }, { 1, 1000 })), refused(r, -EBADF);
	put_clone_fds(r, (const struct fd_entry *)8, 1), refused(r, -EFAULT);
	put_clone_fds(r, LIST({ 0, p[1] }))->len = 0x20000000, refused(r, -EFAULT);

	/* beyond the limit for descriptors, as dup2 has it */
	CHECK(!getrlimit(RLIMIT_NOFILE, &limit));
	less = (struct rlimit){ 100, limit.rlim_max };
	CHECK(!setrlimit(RLIMIT_NOFILE, &less));
	put_clone_fds(r, LIST({ 100, p[1] })), refused(r, -EBADF);
	shell_has(r, (const int[]){ 1, 99 }, 2, "0 1 99\n");
	CHECK(!setrlimit(RLIMIT_NOFILE, &limit));

	/* a birth that fails afterwards */
	CHECK(!syscall(__NR_setresuid, 4321, 4321, 0));
	CHECK(!getrlimit(RLIMIT_NPROC, &limit));
	less = (struct rlimit){ 0, limit.rlim_max };
	CHECK(!setrlimit(RLIMIT_NPROC, &less));
	put_clone_fds(r, LIST({ 1, p[1] }));
	put_exec(r, 0, 2, "/bin/true", ARGV("true"));
	submit(r);
	int res = result(r, 1);
	CHECK(!setrlimit(RLIMIT_NPROC, &limit));
	CHECK(!syscall(__NR_setresuid, 0, 0, 0));
	EQUAL(res, -EAGAIN);
	RESULT(r, 2, -ECANCELED);

	/* and of all of them no reference is left */
	for (int i = 0, n = share_of(500); i < n; i++) {
		put_clone_fds(r, LIST({ 1, p[1] }, { 70, p[1] }));
		put_exec(r, 0, 2, i % 2 ? tiny_true() : "/nonexistent", ARGV("true"));
		EQUAL(submit(r), 2);
		pid = result(r, 1);
		RESULT(r, 2, i % 2 ? 0 : -ENOENT);
		i % 2 ? exited(pid, 0) : killed(pid, SIGKILL);
	}
	close(p[1]);
	reads(p[0], "");
}
