// SPDX-License-Identifier: GPL-2.0
/* A chain as it should be: one completion a request, CLONE's first; the child is an ordinary one,
 * with a pidfd. */
#include "lib.h"

static volatile sig_atomic_t chlds;

static void on_chld(int sig)
{
	(void)sig;
	chlds++;
}

static void test(struct ring *r)
{
	int pidfd = -1, pid, p[2];
	char text[64] = "", want[64];
	siginfo_t info;

	chlds = 0;
	sigaction(SIGCHLD, &(struct sigaction){ .sa_handler = on_chld, .sa_flags = SA_RESTART },
		  NULL);
	CHECK(!pipe(p));
	struct io_uring_sqe *s = put_clone(r, SOFT, 11);
	s->rw_flags = CLONE_F_PIDFD;
	s->addr = (uintptr_t)&pidfd;
	sqe(r, IORING_OP_NOP, SOFT, 12);
	put_call(r, SOFT, 13, __NR_dup2, p[1], 1, 0, 0);
	put_call(r, SOFT, 14, __NR_umask, 027, 0, 0, 0);
	put_sh(r, 15, "echo $$ $PPID $(umask); exit 9");
	mode_t old = umask(0123);
	EQUAL(submit(r), 5);

	pid = result(r, 11);
	CHECK(pid > 0);
	/* there before the completion */
	CHECK(pidfd >= 0);
	EQUAL(fcntl(pidfd, F_GETFD), FD_CLOEXEC);
	RESULT(r, 12, 0);
	RESULT(r, 13, 1);
	RESULT(r, 14, 0123);
	RESULT(r, 15, 0);
	umask(old);

	/* no __WALL */
	CHECK(!waitid(P_PIDFD, pidfd, &info, WEXITED));
	EQUAL(info.si_pid, pid);
	EQUAL(info.si_code, CLD_EXITED);
	EQUAL(info.si_status, 9);
	EQUAL(chlds, 1);
	close(pidfd);

	close(p[1]);
	CHECK(read(p[0], text, sizeof(text) - 1) > 0);
	close(p[0]);
	snprintf(want, sizeof(want), "%d %d 0027\n", pid, getpid());
	CHECK(!strcmp(text, want));
	no_more_cqes(r);
	signal(SIGCHLD, SIG_DFL);
}
