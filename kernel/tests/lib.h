/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A test is one file: it defines test(), which is called once for each of three kinds of ring, in a
 * process with no children, and must leave none. The first thing that is not as it should be ends
 * it. Exit status: 0 passed, 1 failed, 77 skipped.
 *
 * No liburing: a test of an ABI should show every byte of it.
 */
#ifndef LIB_H
#define LIB_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/io_uring.h>
#include <linux/time_types.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* ABI 1 */
#define OP_CLONE 200
#define OP_EXEC 201
#define OP_SPAWN_CALL 202
#define CLONE_F_PIDFD (1u << 0)
#define CLONE_F_INTO_CGROUP (1u << 1)
#define CLONE_F_FDS (1u << 16) /* beyond ABI 1 */
#define EXEC_F_SEARCH (1u << 0)

/* newer than the headers of some */
#define OP_FIXED_FD_INSTALL 54
#define SETUP_NO_SQARRAY (1u << 16)

#define SOFT IOSQE_IO_LINK
#define HARD IOSQE_IO_HARDLINK

#define FAIL(...)                                                                      \
	(fprintf(stderr, "%s:%d: ", __FILE__, __LINE__), fprintf(stderr, __VA_ARGS__), \
	 fprintf(stderr, " [%s]\n", mode_name), fail())
#define CHECK(cond) ((cond) ? (void)0 : FAIL("not so: %s (errno %d)", #cond, errno))
#define EQUAL(have, want)                                                        \
	do {                                                                     \
		long long h_ = (have), w_ = (want);                              \
		if (h_ != w_)                                                    \
			FAIL("%s is %lld, not %lld (%s)", #have, h_, w_, #want); \
	} while (0)
#define SKIP(why) (fprintf(stderr, "skipped: %s\n", why), exit(77))

static const char *mode_name = "";
static pid_t test_pid;

__attribute__((noreturn, unused)) static void fail(void)
{
	if (getpid() == test_pid)
		kill(0, SIGKILL); /* what the test has started as well; the runner is of another
				     group */
	_exit(1);
}

struct ring {
	int fd;
	unsigned flags;
	unsigned *sq_head, *sq_tail, *sq_flags, sq_mask, *sq_array, sqes_pending;
	unsigned *cq_head, *cq_tail, *cq_flags, cq_mask;
	struct io_uring_sqe *sqes;
	struct io_uring_cqe *cqes;
	void *map;
	size_t map_len, sqes_len;
};

struct completion {
	uint64_t user_data;
	int res;
};

static inline int ring_try(struct ring *r, unsigned entries, unsigned flags)
{
	struct io_uring_params p = { .flags = flags };
	size_t sq_len, cq_len;

	memset(r, 0, sizeof(*r));
	r->fd = syscall(__NR_io_uring_setup, entries, &p);
	if (r->fd < 0)
		return -errno;
	r->flags = flags;
	sq_len = p.sq_off.array + p.sq_entries * sizeof(unsigned);
	cq_len = p.cq_off.cqes + p.cq_entries * sizeof(struct io_uring_cqe);
	r->map_len = sq_len > cq_len ? sq_len : cq_len;
	r->map = mmap(NULL, r->map_len, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, r->fd,
		      IORING_OFF_SQ_RING);
	r->sqes_len = p.sq_entries * sizeof(struct io_uring_sqe);
	r->sqes = mmap(NULL, r->sqes_len, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, r->fd,
		       IORING_OFF_SQES);
	if (r->map == MAP_FAILED || r->sqes == MAP_FAILED)
		return -errno;
	r->sq_head = r->map + p.sq_off.head;
	r->sq_tail = r->map + p.sq_off.tail;
	r->sq_flags = r->map + p.sq_off.flags;
	r->sq_mask = *(unsigned *)(r->map + p.sq_off.ring_mask);
	r->sq_array = flags & SETUP_NO_SQARRAY ? NULL : r->map + p.sq_off.array;
	r->cq_head = r->map + p.cq_off.head;
	r->cq_tail = r->map + p.cq_off.tail;
	r->cq_flags = r->map + p.cq_off.flags;
	r->cq_mask = *(unsigned *)(r->map + p.cq_off.ring_mask);
	r->cqes = r->map + p.cq_off.cqes;
	return 0;
}

static inline void ring_open(struct ring *r, unsigned entries, unsigned flags)
{
	EQUAL(ring_try(r, entries, flags), 0);
}

static inline void ring_close(struct ring *r)
{
	munmap(r->map, r->map_len);
	munmap(r->sqes, r->sqes_len);
	close(r->fd);
}

/* The next entry, all zero but for these. */
static inline struct io_uring_sqe *sqe(struct ring *r, int op, unsigned flags, uint64_t user_data)
{
	unsigned tail = *r->sq_tail + r->sqes_pending++;
	struct io_uring_sqe *s = &r->sqes[tail & r->sq_mask];

	if (r->sq_array)
		r->sq_array[tail & r->sq_mask] = tail & r->sq_mask;
	memset(s, 0, sizeof(*s));
	s->opcode = op;
	s->flags = flags;
	s->user_data = user_data;
	return s;
}

/* Submits, and waits until there are that many completions. Returns what io_uring_enter does, or
 * -errno. */
static inline int submit_and_wait(struct ring *r, unsigned completions)
{
	unsigned n = r->sqes_pending;
	int ret;

	__atomic_store_n(r->sq_tail, *r->sq_tail + n, __ATOMIC_RELEASE);
	r->sqes_pending = 0;
	ret = syscall(__NR_io_uring_enter, r->fd, n, completions,
		      completions ? IORING_ENTER_GETEVENTS : 0, NULL, 0);
	return ret < 0 ? -errno : ret;
}

static inline int submit(struct ring *r)
{
	return submit_and_wait(r, 0);
}

/* The next completion, in the order they were posted; -ETIME when none comes in `ms`. */
static inline int next_cqe(struct ring *r, struct completion *c, int ms)
{
	struct __kernel_timespec ts = { .tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000ll };
	struct io_uring_getevents_arg arg = { .ts = (uintptr_t)&ts };

	for (;;) {
		unsigned head = *r->cq_head;

		if (head != __atomic_load_n(r->cq_tail, __ATOMIC_ACQUIRE)) {
			const struct io_uring_cqe *from = &r->cqes[head & r->cq_mask];

			*c = (struct completion){ from->user_data, from->res };
			__atomic_store_n(r->cq_head, head + 1, __ATOMIC_RELEASE);
			return 0;
		}
		if (syscall(__NR_io_uring_enter, r->fd, 0, 1,
			    IORING_ENTER_GETEVENTS | IORING_ENTER_EXT_ARG, &arg, sizeof(arg)) < 0 &&
		    errno != EINTR)
			return -errno;
	}
}

static inline struct completion cqe(struct ring *r)
{
	struct completion c = { 0 };
	int ret = next_cqe(r, &c, 20000);

	if (ret)
		FAIL("no completion: %s", strerror(-ret));
	return c;
}

/* The next completion is that of `user_data`; its result. */
static inline int result(struct ring *r, uint64_t user_data)
{
	struct completion c = cqe(r);

	if (c.user_data != user_data)
		FAIL("completion of %llu (%d), not of %llu", (unsigned long long)c.user_data, c.res,
		     (unsigned long long)user_data);
	return c.res;
}

#define RESULT(r, user_data, want) EQUAL(result(r, user_data), want)

static inline void no_more_cqes(struct ring *r)
{
	struct completion c = { 0 };

	if (next_cqe(r, &c, 50) != -ETIME)
		FAIL("a completion too many: %llu (%d)", (unsigned long long)c.user_data, c.res);
}

static inline struct io_uring_sqe *put_clone(struct ring *r, unsigned link, uint64_t user_data)
{
	return sqe(r, OP_CLONE, link, user_data);
}

struct fd_entry {
	int fd, from;
};

static inline struct io_uring_sqe *put_clone_fds(struct ring *r, const struct fd_entry *list,
						 unsigned count)
{
	struct io_uring_sqe *s = put_clone(r, HARD, 1);

	s->rw_flags = CLONE_F_FDS;
	s->addr3 = (uintptr_t)list;
	s->len = count;
	return s;
}

static inline struct io_uring_sqe *put_exec(struct ring *r, unsigned link, uint64_t user_data,
					    const char *path, char *const *argv)
{
	struct io_uring_sqe *s = sqe(r, OP_EXEC, link, user_data);

	s->fd = AT_FDCWD;
	s->addr = (uintptr_t)path;
	s->addr2 = (uintptr_t)argv;
	s->addr3 = (uintptr_t)environ;
	return s;
}

/* Arguments are copied at submission: one buffer for each entry of the ring. */
static inline struct io_uring_sqe *put_call(struct ring *r, unsigned link, uint64_t user_data,
					    int nr, uint64_t a, uint64_t b, uint64_t c, uint64_t d)
{
	static uint64_t args[4096][6];
	static unsigned next;
	uint64_t *arg = args[next++ % 4096];
	struct io_uring_sqe *s = sqe(r, OP_SPAWN_CALL, link, user_data);

	arg[0] = a, arg[1] = b, arg[2] = c, arg[3] = d, arg[4] = arg[5] = 0;
	s->len = nr;
	s->addr = (uintptr_t)arg;
	return s;
}

#define ARGV(...) ((char **)(const char *[]){ __VA_ARGS__, NULL })
#define put_sh(r, user_data, script) put_exec(r, 0, user_data, "/bin/sh", ARGV("sh", "-c", script))

static inline struct io_uring_sqe *put_read(struct ring *r, unsigned link, uint64_t user_data,
					    int fd, void *buf, unsigned len)
{
	struct io_uring_sqe *s = sqe(r, IORING_OP_READ, link, user_data);

	s->fd = fd;
	s->addr = (uintptr_t)buf;
	s->len = len;
	s->off = -1;
	return s;
}

/* A program of a few bytes of code, on tmpfs. For who needs many of them. */
static inline const char *tiny_program(const char *path, const void *code, size_t len)
{
	struct {
		Elf64_Ehdr e;
		Elf64_Phdr p;
		unsigned char code[64];
	} elf = {
		.e = {
			.e_ident = { 0x7f, 'E', 'L', 'F', ELFCLASS64, ELFDATA2LSB, EV_CURRENT },
			.e_type = ET_EXEC,
			.e_machine = EM_X86_64,
			.e_version = EV_CURRENT,
			.e_entry = 0x400000 + sizeof(Elf64_Ehdr) + sizeof(Elf64_Phdr),
			.e_phoff = sizeof(Elf64_Ehdr),
			.e_ehsize = sizeof(Elf64_Ehdr),
			.e_phentsize = sizeof(Elf64_Phdr),
			.e_phnum = 1,
		},
		.p = {
			.p_type = PT_LOAD,
			.p_flags = PF_R | PF_X,
			.p_vaddr = 0x400000,
			.p_filesz = sizeof(elf),
			.p_memsz = sizeof(elf),
			.p_align = 4096,
		},
	};
	int fd;

	CHECK(len <= sizeof(elf.code));
	memcpy(elf.code, code, len);
	unlink(path);
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0755);
	CHECK(write(fd, &elf, sizeof(elf)) == sizeof(elf));
	close(fd);
	return path;
}

/* One that does nothing but exit with 0. */
static inline const char *tiny_true(void)
{
	/* xor edi, edi; mov eax, 60; syscall */
	static const unsigned char code[] = {
		0x31, 0xff, 0xb8, 0x3c, 0x00, 0x00, 0x00, 0x0f, 0x05
	};
	static const char path[] = "/dev/shm/tiny_true";

	return access(path, X_OK) ? tiny_program(path, code, sizeof(code)) : path;
}

/* A script with a lease on it: whoever opens it sleeps until the lease is given back. */
static inline int leased(char *path, const char *script)
{
	int fd;

	signal(SIGIO, SIG_IGN); /* that somebody waits for the lease */
	strcpy(path, "/dev/shm/leased.XXXXXX");
	fd = mkostemp(path, O_CLOEXEC);
	CHECK(fd >= 0 && !fchmod(fd, 0755));
	CHECK(write(fd, script, strlen(script)) == (ssize_t)strlen(script));
	close(fd);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	CHECK(fd >= 0);
	CHECK(!fcntl(fd, F_SETLEASE, F_WRLCK));
	return fd;
}

static inline void lease_release(int fd)
{
	CHECK(!fcntl(fd, F_SETLEASE, F_UNLCK));
	close(fd);
}

static inline int reap(pid_t pid)
{
	int status, got;

	do
		got = waitpid(pid, &status, 0);
	while (got == -1 && errno == EINTR);
	EQUAL(got, pid);
	return status;
}

static inline void exited(pid_t pid, int code)
{
	int status = reap(pid);

	if (!WIFEXITED(status) || WEXITSTATUS(status) != code)
		FAIL("child ended with %#x, not with exit code %d", status, code);
}

static inline void killed(pid_t pid, int sig)
{
	int status = reap(pid);

	if (!WIFSIGNALED(status) || WTERMSIG(status) != sig)
		FAIL("child ended with %#x, not by signal %d", status, sig);
}

static inline void no_children(void)
{
	CHECK(waitpid(-1, NULL, WNOHANG) == -1 && errno == ECHILD);
}

static inline int count_fds(void)
{
	int n = 0;

	for (int fd = 0; fd < 1024; fd++)
		n += fcntl(fd, F_GETFD) >= 0;
	return n;
}

/* Runs until `cond` holds, for at most 10 s. */
#define UNTIL(cond)                                      \
	do {                                             \
		int i_;                                  \
		for (i_ = 0; i_ < 1000 && !(cond); i_++) \
			usleep(10000);                   \
		if (i_ == 1000)                          \
			FAIL("never: %s", #cond);        \
	} while (0)

/* One letter of /proc/PID/stat, 0 when there is no such process. */
static inline char state(pid_t pid)
{
	char path[64], text[512] = "", *p;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	f = fopen(path, "r");
	if (!f)
		return 0;
	fgets(text, sizeof(text), f);
	fclose(f);
	p = strrchr(text, ')');
	return p ? p[2] : 0;
}

/* The debug kernel takes ten times as long: run-tests says there by how much to divide what is done
 * many times over. */
static inline int share_of(int n)
{
	const char *share = getenv("RINGSPAWN_TEST_SHARE");

	return share ? n / atoi(share) : n;
}

/* ... which is also how to know that audit, security modules and tracepoints must be there. */
static inline int on_debug_kernel(void)
{
	return !!getenv("RINGSPAWN_TEST_SHARE");
}

/* Seconds that a race is to be run for, where a run of the tests does with a moment: the variable
 * RINGSPAWN_TEST_CAMPAIGN. */
static inline int campaign(void)
{
	const char *seconds = getenv("RINGSPAWN_TEST_CAMPAIGN");

	return seconds ? atoi(seconds) : 0;
}

static inline int abi(void)
{
	FILE *f = fopen("/proc/sys/kernel/io_uring_spawn_abi", "r");
	int n = 0;

	if (f) {
		fscanf(f, "%d", &n);
		fclose(f);
	}
	return n;
}

static const struct mode {
	const char *name;
	unsigned flags;
} modes[] = {
	{ "plain", 0 },
	{ "coop", IORING_SETUP_COOP_TASKRUN | IORING_SETUP_TASKRUN_FLAG },
	{ "defer", IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN },
};

#ifndef HOSTILE
#ifndef RING_ENTRIES
#define RING_ENTRIES 64
#endif

static void test(struct ring *r);

int main(void)
{
	struct ring r;

	if (abi() != 1)
		SKIP("this kernel has no io_uring_spawn, ABI 1");
	setpgid(0, 0);
	test_pid = getpid();
	alarm(300 + 10 * campaign());
	for (unsigned i = 0; i < sizeof(modes) / sizeof(*modes); i++) {
		int fds = count_fds();

		mode_name = modes[i].name;
		ring_open(&r, RING_ENTRIES, modes[i].flags);
		test(&r);
		ring_close(&r);
		no_children();
		EQUAL(count_fds(), fds);
	}
	return 0;
}
#endif

#endif
