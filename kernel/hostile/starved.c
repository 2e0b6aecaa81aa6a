// SPDX-License-Identifier: GPL-2.0
/*
 * Children are born in a cgroup that has hardly any memory or no room for a process, with large
 * arguments, while others in there eat what there is.
 */
#define AS_ROOT /* makes the cgroup */
#include "chain.h"

static const char cgroup[] = "/sys/fs/cgroup/hostile";
static int directory;

static void put(const char *name, const char *format, unsigned value)
{
	char path[128], text[32];
	int fd, length = snprintf(text, sizeof(text), format, value);

	snprintf(path, sizeof(path), "%s/%s", cgroup, name);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	write(fd, text, length);
	close(fd);
}

static void prepare(void)
{
	mkdir(cgroup, 0755);
	directory = open(cgroup, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	CHECK(directory >= 0);
}

static void hog(void)
{
	size_t length = 1 << (16 + any(10));

	put("cgroup.procs", "%u", 0);
	for (;;) {
		char *memory = mmap(NULL, length, PROT_READ | PROT_WRITE,
				    MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);

		munmap(memory, length);
	}
}

static void attack(unsigned flags)
{
	enum { STRINGS = 60, LENGTH = 100000 };
	static char *argv[STRINGS + 1], string[LENGTH];
	unsigned strings = any(STRINGS);
	struct stock stock;
	struct ring r;
	pid_t greedy = 0;

	setrlimit(RLIMIT_STACK, &(struct rlimit){ 64 << 20, 64 << 20 });
	memset(string, 'x', LENGTH - 1);
	for (unsigned i = 0; i < strings; i++)
		argv[i] = string + any(LENGTH);
	put("memory.max", "%u", 200000 + any(1u << any(25)));
	put("memory.oom.group", "%u", any(2));
	put("pids.max", one_in(3) ? "%u" : "max", any(3));
	if (one_in(2)) {
		greedy = fork();
		if (!greedy)
			hog();
	}
	stock_open(&stock);
	ring_open(&r, 64, flags);
	for (int i = 0; i < 10; i++) {
		struct io_uring_sqe *s = put_clone(&r, SOFT, 1);
		struct completion c;

		s->rw_flags = CLONE_F_INTO_CGROUP;
		s->fd = directory;
		if (one_in(3))
			put_read(&r, SOFT, 2, one_in(2) ? stock.zero : stock.pipe[0], stock.buf,
				 64);
		put_exec(&r, 0, 3, "/dev/shm/tiny_true", argv);
		submit(&r);
		for (int j = 0; j < 3; j++)
			next_cqe(&r, &c, 20);
		if (one_in(4))
			put("cgroup.kill", "%u", 1);
		if (one_in(4)) {
			put("cgroup.freeze", "%u", 1);
			a_while();
			put("cgroup.freeze", "%u", 0);
		}
		while (waitpid(-1, NULL, WNOHANG | __WALL) > 0)
			;
	}
}
