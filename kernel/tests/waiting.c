// SPDX-License-Identifier: GPL-2.0
/*
 * A process kept warm: its chain waits for an eventfd, and only then are the path and the arguments filled in. What
 * waits does not hold up the ring, nor other chains on it.
 */
#include "lib.h"

static void test(struct ring *r)
{
	static char path[64], arg0[16], arg1[64], *argv[4];
	uint64_t go = 1, got[4] = { 0 };
	int efd = eventfd(0, EFD_CLOEXEC), p[2], pid, other, warm[4];
	char text[64] = "";

	CHECK(efd >= 0 && !pipe2(p, O_CLOEXEC));
	memset(path, 0, sizeof(path));
	put_clone(r, SOFT, 1);
	put_read(r, SOFT, 2, efd, &got[0], 8);
	put_call(r, SOFT, 3, __NR_dup2, p[1], 1, 0, 0);
	struct io_uring_sqe *s = put_exec(r, 0, 4, path, argv);
	(void)s;
	EQUAL(submit(r), 4);
	pid = result(r, 1);
	UNTIL(state(pid) == 'S');

	for (int i = 0; i < 5; i++) {
		put_clone(r, SOFT, 11);
		put_exec(r, 0, 12, "/bin/true", ARGV("true"));
		EQUAL(submit(r), 2);
		other = result(r, 11);
		RESULT(r, 12, 0);
		exited(other, 0);
	}
	no_more_cqes(r);

	strcpy(path, "/bin/echo");
	strcpy(arg0, "echo");
	strcpy(arg1, "warm");
	argv[0] = arg0, argv[1] = arg1, argv[2] = NULL;
	CHECK(write(efd, &go, 8) == 8);
	RESULT(r, 2, 8);
	RESULT(r, 3, 1);
	RESULT(r, 4, 0);
	exited(pid, 0);
	CHECK(read(p[0], text, sizeof(text)) == 5 && !memcmp(text, "warm\n", 5));

	/* four that wait, woken by the last of them first */
	int e[4];
	for (int i = 0; i < 4; i++) {
		e[i] = eventfd(0, EFD_CLOEXEC);
		put_clone(r, SOFT, 20 + i);
		put_read(r, SOFT, 30 + i, e[i], &got[i], 8);
		put_exec(r, 0, 40 + i, "/bin/true", ARGV("true"));
	}
	EQUAL(submit(r), 12);
	for (int i = 0; i < 4; i++)
		CHECK((warm[i] = result(r, 20 + i)) > 0);
	for (int i = 3; i >= 0; i--) {
		CHECK(write(e[i], &go, 8) == 8);
		RESULT(r, 30 + i, 8);
		RESULT(r, 40 + i, 0);
		exited(warm[i], 0);
		close(e[i]);
	}
	close(efd), close(p[0]), close(p[1]);
}
