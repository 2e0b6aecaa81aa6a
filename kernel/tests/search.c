// SPDX-License-Identifier: GPL-2.0
/* EXEC_SEARCH: on to the next candidate as execvp does, and no further. */
#include "lib.h"

static void put_candidate(struct ring *r, unsigned link, int ud, const char *path)
{
	static char *argv[] = { "true", NULL };

	put_exec(r, link, ud, path, argv)->len = EXEC_F_SEARCH;
}

static void test(struct ring *r)
{
	int pid, fd;
	char dir[] = "/tmp/search.XXXXXX", garbage[64], long_name[5000];

	put_clone(r, SOFT, 1);
	put_candidate(r, HARD, 2, "/nowhere/true");    /* ENOENT */
	put_candidate(r, HARD, 3, "/etc/passwd/true"); /* ENOTDIR */
	put_candidate(r, HARD, 4, "/etc/passwd");      /* EACCES */
	put_candidate(r, HARD, 5, "/bin/true");
	put_candidate(r, 0, 6, "/bin/false");
	EQUAL(submit(r), 6);
	pid = result(r, 1);
	RESULT(r, 2, -ENOENT);
	RESULT(r, 3, -ENOTDIR);
	RESULT(r, 4, -EACCES);
	RESULT(r, 5, 0);
	RESULT(r, 6, -ECANCELED);
	exited(pid, 0);

	/* any other error ends the search */
	CHECK(mkdtemp(dir));
	snprintf(garbage, sizeof(garbage), "%s/garbage", dir);
	fd = open(garbage, O_WRONLY | O_CREAT, 0755);
	CHECK(write(fd, "\1\2\3\4", 4) == 4);
	close(fd);
	put_clone(r, SOFT, 1);
	put_candidate(r, HARD, 2, garbage); /* ENOEXEC */
	put_candidate(r, 0, 3, "/bin/true");
	EQUAL(submit(r), 3);
	pid = result(r, 1);
	RESULT(r, 2, -ENOEXEC);
	RESULT(r, 3, -ECANCELED);
	killed(pid, SIGKILL);

	memset(long_name, 'x', sizeof(long_name) - 1);
	long_name[0] = '/';
	long_name[sizeof(long_name) - 1] = 0;
	put_clone(r, SOFT, 1);
	put_candidate(r, HARD, 2, long_name); /* ENAMETOOLONG */
	put_candidate(r, 0, 3, "/bin/true");
	EQUAL(submit(r), 3);
	pid = result(r, 1);
	RESULT(r, 2, -ENAMETOOLONG);
	RESULT(r, 3, -ECANCELED);
	killed(pid, SIGKILL);

	/* without it, hard links go on after that, too */
	put_clone(r, SOFT, 1);
	put_exec(r, HARD, 2, garbage, ARGV("x"));
	put_candidate(r, 0, 3, "/bin/true");
	EQUAL(submit(r), 3);
	pid = result(r, 1);
	RESULT(r, 2, -ENOEXEC);
	RESULT(r, 3, 0);
	exited(pid, 0);
	unlink(garbage);
	rmdir(dir);
}
