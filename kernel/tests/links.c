// SPDX-License-Identifier: GPL-2.0
/* Soft links end at the first failure, hard links do not; who has no program at the end is killed.
 */
#include "lib.h"

static void test(struct ring *r)
{
	int pid;

	/* no program at all */
	put_clone(r, SOFT, 1);
	sqe(r, IORING_OP_NOP, 0, 2);
	EQUAL(submit(r), 2);
	pid = result(r, 1);
	RESULT(r, 2, 0);
	killed(pid, SIGKILL);

	/* a soft link */
	put_clone(r, SOFT, 1);
	put_call(r, SOFT, 2, __NR_chdir, (uintptr_t) "/nowhere", 0, 0, 0);
	put_exec(r, SOFT, 3, "/bin/true", ARGV("true"));
	sqe(r, IORING_OP_NOP, 0, 4);
	EQUAL(submit(r), 4);
	pid = result(r, 1);
	RESULT(r, 2, -ENOENT);
	RESULT(r, 3, -ECANCELED);
	RESULT(r, 4, -ECANCELED);
	killed(pid, SIGKILL);

	/* a hard one, after any error */
	put_clone(r, HARD, 1);
	put_call(r, HARD, 2, __NR_chdir, (uintptr_t) "/nowhere", 0, 0, 0);
	put_call(r, HARD, 3, __NR_setpgid, 0, -5, 0, 0);
	put_exec(r, HARD, 4, "/nowhere", ARGV("true"));
	put_exec(r, 0, 5, "/bin/true", ARGV("true"));
	EQUAL(submit(r), 5);
	pid = result(r, 1);
	RESULT(r, 2, -ENOENT);
	RESULT(r, 3, -EINVAL);
	RESULT(r, 4, -ENOENT);
	RESULT(r, 5, 0);
	exited(pid, 0);

	/* a row of candidates, the last of which fails as well */
	put_clone(r, SOFT, 1);
	put_exec(r, HARD, 2, "/nowhere", ARGV("x"));
	put_exec(r, 0, 3, "/etc/passwd", ARGV("x"));
	EQUAL(submit(r), 3);
	pid = result(r, 1);
	RESULT(r, 2, -ENOENT);
	RESULT(r, 3, -EACCES);
	killed(pid, SIGKILL);

	/* CQE_SKIP_SUCCESS: who succeeds says nothing, who fails does, and stands for those behind
	 */
	put_clone(r, SOFT, 1);
	put_call(r, SOFT | IOSQE_CQE_SKIP_SUCCESS, 2, __NR_umask, 022, 0, 0, 0);
	put_call(r, SOFT | IOSQE_CQE_SKIP_SUCCESS, 3, __NR_chdir, (uintptr_t) "/nowhere", 0, 0, 0);
	put_exec(r, 0, 4, "/bin/true", ARGV("true"));
	EQUAL(submit(r), 4);
	pid = result(r, 1);
	RESULT(r, 3, -ENOENT);
	killed(pid, SIGKILL);
	no_more_cqes(r);

	/* a short read ends a soft link, as on every ring */
	int p[2];
	char buf[16];

	CHECK(!pipe(p));
	CHECK(write(p[1], "abc", 3) == 3);
	put_clone(r, SOFT, 1);
	put_read(r, SOFT, 2, p[0], buf, sizeof(buf));
	put_exec(r, 0, 3, "/bin/true", ARGV("true"));
	EQUAL(submit(r), 3);
	pid = result(r, 1);
	RESULT(r, 2, 3);
	RESULT(r, 3, -ECANCELED);
	killed(pid, SIGKILL);
	close(p[0]);
	close(p[1]);
}
