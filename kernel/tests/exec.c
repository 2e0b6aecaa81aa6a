// SPDX-License-Identifier: GPL-2.0
/* EXEC is execveat: a dirfd, AT_EMPTY_PATH, AT_SYMLINK_NOFOLLOW, scripts, and the errors that come
 * of it. */
#include "lib.h"

static void test(struct ring *r)
{
	char dir[] = "/tmp/exec.XXXXXX", script[64], link[64];
	int pid, fd, dfd;
	struct io_uring_sqe *s;

	/* fexecve */
	fd = open("/bin/true", O_PATH | O_CLOEXEC);
	put_clone(r, SOFT, 1);
	s = put_exec(r, 0, 2, "", ARGV("true"));
	s->fd = fd;
	s->rw_flags = AT_EMPTY_PATH;
	EQUAL(submit(r), 2);
	pid = result(r, 1);
	RESULT(r, 2, 0);
	exited(pid, 0);
	/* not without the flag */
	put_clone(r, SOFT, 1);
	put_exec(r, 0, 2, "", ARGV("true"))->fd = fd;
	EQUAL(submit(r), 2);
	pid = result(r, 1);
	RESULT(r, 2, -ENOENT);
	killed(pid, SIGKILL);
	close(fd);

	dfd = open("/bin", O_PATH | O_DIRECTORY | O_CLOEXEC);
	put_clone(r, SOFT, 1);
	put_exec(r, 0, 2, "true", ARGV("true"))->fd = dfd;
	EQUAL(submit(r), 2);
	pid = result(r, 1);
	RESULT(r, 2, 0);
	exited(pid, 0);
	close(dfd);

	CHECK(mkdtemp(dir));
	snprintf(script, sizeof(script), "%s/script", dir);
	snprintf(link, sizeof(link), "%s/link", dir);
	fd = open(script, O_WRONLY | O_CREAT | O_CLOEXEC, 0755);
	CHECK(write(fd, "#!/bin/sh\nexit $1\n", 18) == 18);
	close(fd);
	CHECK(!symlink(script, link));
	put_clone(r, SOFT, 1);
	put_exec(r, 0, 2, link, ARGV("script", "33"));
	EQUAL(submit(r), 2);
	pid = result(r, 1);
	RESULT(r, 2, 0);
	exited(pid, 33);
	put_clone(r, SOFT, 1);
	put_exec(r, 0, 2, link, ARGV("script", "33"))->rw_flags = AT_SYMLINK_NOFOLLOW;
	EQUAL(submit(r), 2);
	pid = result(r, 1);
	RESULT(r, 2, -ELOOP);
	killed(pid, SIGKILL);
	unlink(link);
	unlink(script);
	rmdir(dir);

	/* pointers that lead nowhere */
	for (int i = 0; i < 3; i++) {
		put_clone(r, SOFT, 1);
		s = put_exec(r, 0, 2, "/bin/true", ARGV("true"));
		*(i == 0 ? &s->addr : i == 1 ? &s->addr2 : &s->addr3) = 16;
		EQUAL(submit(r), 2);
		pid = result(r, 1);
		RESULT(r, 2, -EFAULT);
		killed(pid, SIGKILL);
	}

	/* an environment of its own */
	put_clone(r, SOFT, 1);
	s = put_sh(r, 2, "test \"$ONLY\" = this -a -z \"$HOME\"");
	s->addr3 = (uintptr_t)ARGV("ONLY=this");
	EQUAL(submit(r), 2);
	pid = result(r, 1);
	RESULT(r, 2, 0);
	exited(pid, 0);
}
