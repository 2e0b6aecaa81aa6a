// SPDX-License-Identifier: GPL-2.0
/*
 * The child is born in a cgroup that has hardly any memory, and brings large arguments along. That
 * is the end of the exec, or of the child; the submitter is not in there.
 */
#include "lib.h"

static const char cgroup[] = "/sys/fs/cgroup/oom";

static void put(const char *name, const char *text)
{
	char path[128];
	int fd;

	snprintf(path, sizeof(path), "%s/%s", cgroup, name);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0 || write(fd, text, strlen(text)) != (ssize_t)strlen(text))
		FAIL("%s: %s", path, strerror(errno));
	close(fd);
}

static void submitter(unsigned flags, int fd)
{
	enum { STRINGS = 40, LENGTH = 100000 };
	static char *argv[STRINGS + 1];
	struct io_uring_sqe *s;
	struct ring r;
	int pid, res;

	setrlimit(RLIMIT_STACK, &(struct rlimit){ 64 << 20, 64 << 20 });
	for (int i = 0; i < STRINGS; i++) {
		argv[i] = malloc(LENGTH);
		memset(argv[i], 'x', LENGTH - 1);
		argv[i][LENGTH - 1] = 0;
	}
	ring_open(&r, 8, flags);
	s = put_clone(&r, SOFT, 1);
	s->rw_flags = CLONE_F_INTO_CGROUP;
	s->fd = fd;
	put_exec(&r, 0, 2, tiny_true(), argv);
	EQUAL(submit(&r), 2);
	pid = result(&r, 1);
	res = result(&r, 2);
	if (res != -E2BIG && res != -ENOMEM && res != -EINTR && res != -ECANCELED)
		FAIL("EXEC: %d", res);
	killed(pid, SIGKILL);
	_exit(0);
}

static void hog(void)
{
	size_t length = 64 << 20;
	char *memory;

	put("cgroup.procs", "0");
	for (;;) {
		memory = mmap(NULL, length, PROT_READ | PROT_WRITE,
			      MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
		munmap(memory, length);
	}
}

/* A group that is killed as a whole, for another's fault, while the child waits in it. */
static void waits_in_a_group(unsigned flags, int fd)
{
	struct io_uring_sqe *s;
	int pid, greedy, p[2];
	struct ring r;
	char c;

	CHECK(!pipe2(p, O_CLOEXEC));
	ring_open(&r, 8, flags);
	s = put_clone(&r, SOFT, 1);
	s->rw_flags = CLONE_F_INTO_CGROUP;
	s->fd = fd;
	put_read(&r, SOFT, 2, p[0], &c, 1);
	put_exec(&r, 0, 3, tiny_true(), ARGV("true"));
	EQUAL(submit(&r), 3);
	pid = result(&r, 1);
	UNTIL(state(pid) == 'S');

	greedy = fork();
	if (!greedy)
		hog();
	killed(greedy, SIGKILL);
	killed(pid, SIGKILL);
	RESULT(&r, 2, -EINTR);
	RESULT(&r, 3, -ECANCELED);
	_exit(0);
}

static void test(struct ring *r)
{
	int fd, pid;

	tiny_true();
	rmdir(cgroup);
	CHECK(!mkdir(cgroup, 0755));
	fd = open(cgroup, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	put("memory.max", "1500000");
	pid = fork();
	if (!pid)
		submitter(r->flags, fd);
	exited(pid, 0);

	put("memory.max", "16000000");
	put("memory.oom.group", "1");
	pid = fork();
	if (!pid)
		waits_in_a_group(r->flags, fd);
	exited(pid, 0);
	close(fd);
	UNTIL(!rmdir(cgroup));
}
