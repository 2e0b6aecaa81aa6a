// SPDX-License-Identifier: GPL-2.0
/* Nothing runs after a successful exec, be the links as hard as they like: a setuid program's
 * rights are its own. */
#include "lib.h"

static void test(struct ring *r)
{
	char dir[] = "/tmp/after.XXXXXX", prog[64], mark[64];
	int pid, fd, p[2];

	CHECK(mkdtemp(dir));
	chmod(dir, 0755);
	snprintf(prog, sizeof(prog), "%s/prog", dir);
	snprintf(mark, sizeof(mark), "%s/mark", dir);

	for (int suid = 0; suid < 2; suid++) {
		char text[16] = "";

		/* a setuid copy of id(1) */
		char *cp[] = { "cp", "/usr/bin/id", prog, NULL };
		pid = fork();
		if (!pid) {
			execvp(cp[0], cp);
			_exit(1);
		}
		exited(pid, 0);
		CHECK(!chmod(prog, suid ? 04755 : 0755));

		CHECK(!pipe(p));
		put_clone(r, HARD, 1);
		put_call(r, HARD, 2, __NR_dup2, p[1], 1, 0, 0);
		put_call(r, HARD, 3, __NR_setresuid, 1234, 1234, 1234, 0);
		put_exec(r, HARD, 4, prog, ARGV("id", "-u"));
		struct io_uring_sqe *s = sqe(r, IORING_OP_OPENAT, HARD, 5);
		s->fd = AT_FDCWD;
		s->addr = (uintptr_t)mark;
		s->open_flags = O_CREAT | O_WRONLY;
		s->len = 0600;
		put_exec(r, 0, 6, "/bin/false", ARGV("false"));
		EQUAL(submit(r), 6);
		pid = result(r, 1);
		RESULT(r, 2, 1);
		RESULT(r, 3, 0);
		RESULT(r, 4, 0);
		RESULT(r, 5, -ECANCELED);
		RESULT(r, 6, -ECANCELED);
		exited(pid, 0);
		fd = open(mark, O_RDONLY);
		CHECK(fd == -1 && errno == ENOENT);
		close(p[1]);
		memset(text, 0, sizeof(text));
		CHECK(read(p[0], text, sizeof(text) - 1) > 0);
		EQUAL(atoi(text), suid ? 0 : 1234);
		close(p[0]);
	}
	unlink(prog);
	rmdir(dir);
}
