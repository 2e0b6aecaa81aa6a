// SPDX-License-Identifier: GPL-2.0
/* A filter would not see what a chain does: who has one is refused. */
#include "lib.h"
#include <linux/filter.h>
#include <linux/seccomp.h>

static void filter(unsigned flags)
{
	struct sock_filter allow = BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
	struct sock_fprog prog = { 1, &allow };

	CHECK(!prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
	CHECK(!syscall(__NR_seccomp, SECCOMP_SET_MODE_FILTER, flags, &prog));
}

static void confined(unsigned ring_flags)
{
	struct ring r;
	char c;
	int p[2], pid;

	/* a chain that is under way when the filter comes, on another thread's account: CLONE was
	 * fine, the rest is not */
	ring_open(&r, 8, ring_flags);
	CHECK(!pipe2(p, O_CLOEXEC));
	put_clone(&r, SOFT, 1);
	put_read(&r, SOFT, 2, p[0], &c, 1);
	put_exec(&r, 0, 3, "/bin/true", ARGV("true"));
	EQUAL(submit(&r), 3);
	pid = result(&r, 1);
	CHECK(pid > 0);

	filter(0);
	/* the child is a process of its own, born without a filter */
	CHECK(write(p[1], "x", 1) == 1);
	RESULT(&r, 2, 1);
	RESULT(&r, 3, 0);
	exited(pid, 0);

	put_clone(&r, SOFT, 1);
	put_exec(&r, 0, 2, "/bin/true", ARGV("true"));
	submit(&r);
	RESULT(&r, 1, -EPERM);
	RESULT(&r, 2, -ECANCELED);
	put_exec(&r, 0, 1, "/bin/true", ARGV("true"));
	submit(&r);
	RESULT(&r, 1, -EPERM);
	put_call(&r, 0, 1, __NR_setsid, 0, 0, 0, 0);
	submit(&r);
	RESULT(&r, 1, -EPERM);
	/* the rest of io_uring works as ever */
	sqe(&r, IORING_OP_NOP, 0, 1);
	submit(&r);
	RESULT(&r, 1, 0);
	no_children();
	_exit(0);
}

static void test(struct ring *r)
{
	int pid = fork();

	if (!pid)
		confined(r->flags);
	exited(pid, 0);
}
