// SPDX-License-Identifier: GPL-2.0
/* SPAWN_CALL: every call of the whitelist does in the child what it says, the others are refused.
 */
#include "lib.h"
#include <grp.h>
#include <linux/ioprio.h>
#include <sys/ioctl.h>

/* A chain of one call and a script that exits 0 if it sees its effect. */
static void seen(struct ring *r, const char *what, const char *script, int nr, uint64_t a,
		 uint64_t b, uint64_t c, uint64_t d)
{
	int pid, res, status;

	put_clone(r, SOFT, 1);
	put_call(r, SOFT, 2, nr, a, b, c, d);
	put_sh(r, 3, script);
	EQUAL(submit(r), 3);
	pid = result(r, 1);
	res = result(r, 2);
	if (res < 0)
		FAIL("%s: %s", what, strerror(-res));
	RESULT(r, 3, 0);
	status = reap(pid);
	if (status)
		FAIL("%s: no effect (%#x)", what, status);
}

static void refused(struct ring *r, const char *what, int nr, uint64_t a, uint64_t b)
{
	int res;

	put_clone(r, SOFT, 1);
	put_call(r, SOFT, 2, nr, a, b, 0, 0);
	put_exec(r, 0, 3, "/bin/true", ARGV("true"));
	submit(r);
	RESULT(r, 1, -ECANCELED);
	res = result(r, 2);
	if (res != -EINVAL)
		FAIL("%s gave %d", what, res);
	RESULT(r, 3, -ECANCELED);
	no_children();
}

static void test(struct ring *r)
{
	uint64_t limit[2] = { 111, 222 }, mask = 1ull << (SIGUSR2 - 1), cpu = 1;
	uint32_t groups[2] = { 5, 7 };
	int zero = 0, pid, fd, p[2];
	char script[128];

	fd = open("/tmp", O_RDONLY | O_DIRECTORY);
	CHECK(fd >= 0);
	snprintf(script, sizeof(script), "test -e /proc/$$/fd/77 && test -e /proc/$$/fd/%d", fd);
	seen(r, "dup2", script, __NR_dup2, fd, 77, 0, 0);
	seen(r, "dup3", "test ! -e /proc/$$/fd/77", __NR_dup3, fd, 77, O_CLOEXEC, 0);
	seen(r, "dup3", "test -e /proc/$$/fd/77", __NR_dup3, fd, 77, 0, 0);
	snprintf(script, sizeof(script), "test ! -e /proc/$$/fd/%d", fd);
	seen(r, "F_SETFD", script, __NR_fcntl, fd, F_SETFD, FD_CLOEXEC, 0);
	seen(r, "close_range", script, __NR_close_range, 3, ~0u, 0, 0);
	EQUAL(fcntl(fd, F_GETFD), 0);
	seen(r, "chdir", "test $(pwd) = /tmp", __NR_chdir, (uintptr_t) "/tmp", 0, 0, 0);
	seen(r, "fchdir", "test $(pwd) = /tmp", __NR_fchdir, fd, 0, 0, 0);
	close(fd);
	seen(r, "chroot", "test -e /bin/sh", __NR_chroot, (uintptr_t) "/", 0, 0, 0);
	seen(r, "setsid", "set -- $(cat /proc/$$/stat); test $6 = $$ -a $5 = $$", __NR_setsid, 0, 0,
	     0, 0);
	seen(r, "setpgid", "set -- $(cat /proc/$$/stat); test $5 = $$", __NR_setpgid, 0, 0, 0, 0);
	seen(r, "setresuid", "test $(id -ru) = 4321", __NR_setresuid, 4321, 4321, 4321, 0);
	seen(r, "setresgid", "test $(id -rg) = 4321", __NR_setresgid, 4321, 4321, 4321, 0);
	seen(r, "setgroups", "grep -q 'Groups:.5 7 ' /proc/$$/status", __NR_setgroups, 2,
	     (uintptr_t)groups, 0, 0);
	seen(r, "umask", "test $(umask) = 0031", __NR_umask, 031, 0, 0, 0);
	seen(r, "prlimit64", "test $(ulimit -Sn) = 111 -a $(ulimit -Hn) = 222", __NR_prlimit64, 0,
	     RLIMIT_NOFILE, (uintptr_t)limit, 0);
	seen(r, "setpriority", "set -- $(cat /proc/$$/stat); test ${19} = 7", __NR_setpriority,
	     PRIO_PROCESS, 0, 7, 0);
	seen(r, "ioprio_set", "true", __NR_ioprio_set, 1, 0, 3 << 13, 0);
	seen(r, "sched_setaffinity", "grep -q 'Cpus_allowed_list:.0$' /proc/$$/status",
	     __NR_sched_setaffinity, 0, 8, (uintptr_t)&cpu, 0);
	seen(r, "sched_setscheduler", "set -- $(cat /proc/$$/stat); test ${41} = 3",
	     __NR_sched_setscheduler, 0, SCHED_BATCH, (uintptr_t)&zero, 0);
	seen(r, "rt_sigprocmask", "exec grep -q 'SigBlk:.0000000000000800' /proc/self/status",
	     __NR_rt_sigprocmask, SIG_BLOCK, (uintptr_t)&mask, 0, 8);
	snprintf(script, sizeof(script),
		 "test $(readlink /proc/$$/ns/uts) != $(readlink /proc/%d/ns/uts)", getpid());
	seen(r, "unshare", script, __NR_unshare, CLONE_NEWUTS, 0, 0, 0);
	seen(r, "unshare", "true", __NR_unshare, CLONE_NEWNS, 0, 0, 0);
	fd = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	seen(r, "setns", "true", __NR_setns, fd, CLONE_NEWNET, 0, 0);
	close(fd);
	seen(r, "PR_SET_NO_NEW_PRIVS", "grep -q 'NoNewPrivs:.1' /proc/$$/status", __NR_prctl,
	     PR_SET_NO_NEW_PRIVS, 1, 0, 0);
	seen(r, "PR_SET_CHILD_SUBREAPER", "true", __NR_prctl, PR_SET_CHILD_SUBREAPER, 1, 0, 0);
	seen(r, "PR_SET_PDEATHSIG", "true", __NR_prctl, PR_SET_PDEATHSIG, SIGTERM, 0, 0);
	/* the parent has none of that */
	CHECK(!prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0));
	CHECK(getuid() == 0 && getpriority(PRIO_PROCESS, 0) == 0);

	/* a terminal */
	int ptmx = open("/dev/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC), unlock = 0;
	CHECK(ptmx >= 0 && !ioctl(ptmx, TIOCSPTLCK, &unlock));
	int tty = ioctl(ptmx, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC);
	CHECK(tty >= 0);
	static int pgrp;
	put_clone(r, SOFT, 1);
	put_call(r, SOFT, 2, __NR_setsid, 0, 0, 0, 0);
	put_call(r, SOFT, 3, __NR_ioctl, tty, TIOCSCTTY, 0, 0);
	put_call(r, HARD, 4, __NR_ioctl, tty, TIOCSPGRP, (uintptr_t)&pgrp,
		 0); /* of process group 0: fails */
	put_sh(r, 5, "set -- $(cat /proc/$$/stat); test $7 != 0 -a $8 = $$");
	EQUAL(submit(r), 5);
	pid = result(r, 1);
	CHECK(result(r, 2) == pid);
	RESULT(r, 3, 0);
	RESULT(r, 4, -ESRCH);
	RESULT(r, 5, 0);
	exited(pid, 0);
	close(tty), close(ptmx);

	/* the parent's death is the child's, when asked for */
	CHECK(!pipe(p));
	pid = fork();
	if (!pid) {
		struct ring own;
		int child;

		ring_open(&own, 8, r->flags);
		put_clone(&own, SOFT, 1);
		put_call(&own, SOFT, 2, __NR_prctl, PR_SET_PDEATHSIG, SIGKILL, 0, 0);
		put_exec(&own, 0, 3, "/bin/sleep", ARGV("sleep", "100"));
		submit(&own);
		child = result(&own, 1);
		RESULT(&own, 2, 0);
		RESULT(&own, 3, 0);
		write(p[1], &child, sizeof(child));
		_exit(0);
	}
	CHECK(read(p[0], &fd, sizeof(fd)) == sizeof(fd));
	exited(pid, 0);
	UNTIL(!state(fd) || state(fd) == 'Z');
	close(p[0]), close(p[1]);

	/* arguments are those of the submission */
	uint64_t *args =
		mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	char c;
	CHECK(!pipe2(p, O_CLOEXEC));
	args[0] = 031;
	put_clone(r, SOFT, 1);
	put_read(r, SOFT, 2, p[0], &c, 1);
	struct io_uring_sqe *s = sqe(r, OP_SPAWN_CALL, SOFT, 3);
	s->len = __NR_umask;
	s->addr = (uintptr_t)args;
	put_sh(r, 4, "test $(umask) = 0031");
	EQUAL(submit(r), 4);
	munmap(args, 4096);
	CHECK(write(p[1], "x", 1) == 1);
	pid = result(r, 1);
	RESULT(r, 2, 1);
	CHECK(result(r, 3) >= 0);
	RESULT(r, 4, 0);
	exited(pid, 0);
	put_clone(r, SOFT, 1);
	s = sqe(r, OP_SPAWN_CALL, SOFT, 2);
	s->len = __NR_umask;
	s->addr = 16;
	put_exec(r, 0, 3, "/bin/true", ARGV("true"));
	submit(r);
	RESULT(r, 1, -ECANCELED);
	RESULT(r, 2, -EFAULT);
	RESULT(r, 3, -ECANCELED);
	close(p[0]), close(p[1]);

	/* all that is not on the list */
	static const int listed[] = {
		__NR_dup2,
		__NR_dup3,
		__NR_fcntl,
		__NR_close_range,
		__NR_chdir,
		__NR_fchdir,
		__NR_chroot,
		__NR_setsid,
		__NR_setpgid,
		__NR_setresuid,
		__NR_setresgid,
		__NR_setgroups,
		__NR_umask,
		__NR_prlimit64,
		__NR_setpriority,
		__NR_ioprio_set,
		__NR_sched_setaffinity,
		__NR_sched_setscheduler,
		__NR_rt_sigprocmask,
		__NR_rt_sigaction,
		__NR_unshare,
		__NR_setns,
		__NR_ioctl,
		__NR_prctl,
	};
	for (int nr = 0; nr < 480; nr++) {
		int is_listed = 0;
		char what[32];

		for (unsigned i = 0; i < sizeof(listed) / sizeof(*listed); i++)
			is_listed |= listed[i] == nr;
		snprintf(what, sizeof(what), "system call %d", nr);
		if (!is_listed)
			refused(r, what, nr, 0, 0);
	}
	refused(r, "no system call", -1, 0, 0);
	refused(r, "F_DUPFD", __NR_fcntl, 0, F_DUPFD);
	refused(r, "F_SETLKW", __NR_fcntl, 0, F_SETLKW);
	refused(r, "TIOCSTI", __NR_ioctl, 0, 0x5412);
	refused(r, "PR_SET_DUMPABLE", __NR_prctl, PR_SET_DUMPABLE, 0);
	refused(r, "PR_SET_MM", __NR_prctl, PR_SET_MM, 1);
}
