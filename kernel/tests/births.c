// SPDX-License-Identifier: GPL-2.0
/* Namespaces and a cgroup to be born into. */
#include "lib.h"

static void test(struct ring *r)
{
	const char *cgroup = "/sys/fs/cgroup/births";
	int pid, fd, p[2];
	char text[64] = "", script[256];
	struct io_uring_sqe *s;
	ssize_t n;

	CHECK(!pipe2(p, O_CLOEXEC));
	/* a user namespace */
	s = put_clone(r, SOFT, 1);
	s->off = CLONE_NEWUSER;
	n = readlink("/proc/self/ns/user", text, sizeof(text) - 1);
	CHECK(n > 0);
	text[n] = 0;
	snprintf(script, sizeof(script),
		 "test $(readlink /proc/$$/ns/user) != '%s' && test $(id -u) = 65534", text);
	put_sh(r, 2, script);
	EQUAL(submit(r), 2);
	pid = result(r, 1);
	RESULT(r, 2, 0);
	exited(pid, 0);
	/* a pid namespace: 1 in there, what the CQE says out here */
	s = put_clone(r, SOFT, 1);
	s->off = CLONE_NEWPID | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWNS | CLONE_NEWNET |
		 CLONE_NEWCGROUP;
	put_call(r, SOFT, 2, __NR_dup2, p[1], 1, 0, 0);
	put_sh(r, 3, "echo $$ $PPID");
	EQUAL(submit(r), 3);
	pid = result(r, 1);
	CHECK(pid > 1);
	RESULT(r, 2, 1);
	RESULT(r, 3, 0);
	exited(pid, 0);
	CHECK(read(p[0], text, sizeof(text)) == 4 && !memcmp(text, "1 0\n", 4));

	/* time: entered at exec */
	s = put_clone(r, SOFT, 1);
	s->off = 0x80; /* CLONE_NEWTIME */
	n = readlink("/proc/self/ns/time", text, sizeof(text) - 1);
	CHECK(n > 0);
	text[n] = 0;
	snprintf(script, sizeof(script), "test $(readlink /proc/$$/ns/time) != '%s'", text);
	put_sh(r, 2, script);
	EQUAL(submit(r), 2);
	pid = result(r, 1);
	RESULT(r, 2, 0);
	exited(pid, 0);

	/* somebody who may not */
	CHECK(!syscall(__NR_setresuid, 4321, 4321, 0));
	s = put_clone(r, SOFT, 1);
	s->off = CLONE_NEWNET;
	put_exec(r, 0, 2, "/bin/true", ARGV("true"));
	EQUAL(submit(r), 2);
	int res = result(r, 1);
	CHECK(!syscall(__NR_setresuid, 0, 0, 0));
	EQUAL(res, -EPERM);
	RESULT(r, 2, -ECANCELED);

	rmdir(cgroup);
	CHECK(!mkdir(cgroup, 0755));
	fd = open(cgroup, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	s = put_clone(r, SOFT, 1);
	s->rw_flags = CLONE_F_INTO_CGROUP;
	s->fd = fd;
	put_sh(r, 2, "grep -qx 0::/births /proc/$$/cgroup");
	EQUAL(submit(r), 2);
	pid = result(r, 1);
	RESULT(r, 2, 0);
	exited(pid, 0);

	/* one that is full */
	snprintf(script, sizeof(script), "%s/pids.max", cgroup);
	int max = open(script, O_WRONLY | O_CLOEXEC);
	CHECK(max >= 0 && write(max, "0", 1) == 1);
	close(max);
	s = put_clone(r, SOFT, 1);
	s->rw_flags = CLONE_F_INTO_CGROUP;
	s->fd = fd;
	put_exec(r, 0, 2, "/bin/true", ARGV("true"));
	EQUAL(submit(r), 2);
	RESULT(r, 1, -EAGAIN);
	RESULT(r, 2, -ECANCELED);

	/* a frozen one: the child waits in there, and the ring doesn't */
	max = open(script, O_WRONLY | O_CLOEXEC);
	CHECK(write(max, "max", 3) == 3);
	close(max);
	snprintf(script, sizeof(script), "%s/cgroup.freeze", cgroup);
	int freeze = open(script, O_WRONLY | O_CLOEXEC);
	CHECK(write(freeze, "1", 1) == 1);
	s = put_clone(r, SOFT, 1);
	s->rw_flags = CLONE_F_INTO_CGROUP;
	s->fd = fd;
	put_exec(r, 0, 2, "/bin/true", ARGV("true"));
	EQUAL(submit(r), 2);
	pid = result(r, 1);
	no_more_cqes(r);
	CHECK(write(freeze, "0", 1) == 1);
	RESULT(r, 2, 0);
	exited(pid, 0);
	close(freeze);
	close(fd);
	close(p[0]), close(p[1]);
	UNTIL(!rmdir(cgroup));
}
