// SPDX-License-Identifier: GPL-2.0
/* When CLONE fails the rest is cancelled, hard links or not, and nothing of it runs in the parent.
 */
#include "lib.h"

static void put_rest(struct ring *r)
{
	put_call(r, HARD, 2, __NR_umask, 0777, 0, 0, 0);
	put_call(r, HARD, 3, __NR_chdir, (uintptr_t) "/tmp", 0, 0, 0);
	sqe(r, IORING_OP_NOP, HARD, 4);
	put_exec(r, 0, 5, "/bin/false", ARGV("false"));
}

static void nothing_ran(struct ring *r, const char *cwd)
{
	char now[512];

	for (int i = 2; i <= 5; i++)
		RESULT(r, i, -ECANCELED);
	no_more_cqes(r);
	mode_t old = umask(022);
	CHECK(old == 022);
	CHECK(getcwd(now, sizeof(now)) && !strcmp(now, cwd));
	no_children();
}

static void test(struct ring *r)
{
	struct rlimit none = { 0, RLIM_INFINITY }, was;
	char cwd[512];

	umask(022);
	CHECK(!chdir("/"));
	CHECK(getcwd(cwd, sizeof(cwd)));

	/* the pidfd has nowhere to go */
	int fds = count_fds();
	put_clone(r, HARD, 1)->rw_flags = CLONE_F_PIDFD;
	put_rest(r);
	submit(r);
	RESULT(r, 1, -EFAULT);
	nothing_ran(r, cwd);
	struct io_uring_sqe *s = put_clone(r, HARD, 1);
	s->rw_flags = CLONE_F_PIDFD;
	s->addr = 16;
	put_rest(r);
	submit(r);
	RESULT(r, 1, -EFAULT);
	nothing_ran(r, cwd);
	EQUAL(count_fds(), fds);

	/* that is no cgroup */
	s = put_clone(r, HARD, 1);
	s->rw_flags = CLONE_F_INTO_CGROUP;
	s->fd = r->fd;
	put_rest(r);
	submit(r);
	RESULT(r, 1, -EBADF);
	nothing_ran(r, cwd);

	/* no fd left for a pidfd */
	int pidfd = -1;
	CHECK(!getrlimit(RLIMIT_NOFILE, &was));
	CHECK(!setrlimit(RLIMIT_NOFILE, &(struct rlimit){ fds, was.rlim_max }));
	s = put_clone(r, HARD, 1);
	s->rw_flags = CLONE_F_PIDFD;
	s->addr = (uintptr_t)&pidfd;
	put_rest(r);
	submit(r);
	RESULT(r, 1, -EMFILE);
	nothing_ran(r, cwd);
	CHECK(!setrlimit(RLIMIT_NOFILE, &was));

	/* too many processes: root is exempt, so ask as somebody else. Not to be tried again by a
	 * worker thread. */
	CHECK(!getrlimit(RLIMIT_NPROC, &was));
	none.rlim_max = was.rlim_max;
	CHECK(!setrlimit(RLIMIT_NPROC, &none));
	CHECK(!syscall(__NR_setresuid, 4321, 4321, 0));
	put_clone(r, HARD, 1);
	put_rest(r);
	submit(r);
	int res = result(r, 1);
	CHECK(!syscall(__NR_setresuid, 0, 0, 0));
	CHECK(!setrlimit(RLIMIT_NPROC, &was));
	EQUAL(res, -EAGAIN);
	nothing_ran(r, cwd);
}
