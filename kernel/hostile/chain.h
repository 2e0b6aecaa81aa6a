/* SPDX-License-Identifier: GPL-2.0 */
/* Chains left to chance, most of which are well made. */
#ifndef CHAIN_H
#define CHAIN_H

#include "hostile.h"
#include <sys/socket.h>

struct stock {
	/* a pipe that nobody feeds, an endless file, one that takes everything */
	int pipe[2], zero, null, memory;
	char buf[4096];
	int pidfds[64];
	/* for SPAWN_CALL, copied at submission */
	uint64_t args[64][6];
	unsigned next;
};

static inline void stock_open(struct stock *s)
{
	memset(s, 0, sizeof(*s));
	CHECK(!pipe2(s->pipe, O_CLOEXEC));
	s->zero = open("/dev/zero", O_RDONLY | O_CLOEXEC);
	s->null = open("/dev/null", O_WRONLY | O_CLOEXEC);
	s->memory = syscall(__NR_memfd_create, "hostile", MFD_CLOEXEC);
}

static inline unsigned some_link(void)
{
	return one_in(3) ? HARD : SOFT;
}

/* A system call of the list, with arguments as they come */
static inline void put_some_call(struct ring *r, struct stock *s, uint64_t id)
{
	static const int calls[] = {
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
	static const uint64_t values[] = {
		0,           1,
		2,           3,
		4,           5,
		9,           36,
		38,          -1,
		USER,        64,
		0x5410,      0x540e,
		F_SETFD,     CLONE_NEWUSER,
		CLONE_NEWNS, CLONE_NEWPID,
		CLONE_FILES, CLONE_FS,
	};
	uint64_t *args = s->args[s->next++ % 64];
	struct io_uring_sqe *e = sqe(r, OP_SPAWN_CALL, some_link(), id);

	e->len = one_in(20) ? any(450) : (unsigned)calls[any(sizeof(calls) / sizeof(*calls))];
	for (int i = 0; i < 6; i++)
		args[i] = one_in(6) ? (uintptr_t)s->buf
				    : values[any(sizeof(values) / sizeof(*values))];
	e->addr = (uintptr_t)args;
}

static inline void put_some_request(struct ring *r, struct stock *s, uint64_t id)
{
	struct io_uring_sqe *e;

	switch (any(10)) {
	case 0:
		put_read(r, some_link(), id, s->zero, s->buf, sizeof(s->buf))->off = 0;
		break;
	case 1:
		/* waits */
		if (one_in(4))
			put_read(r, some_link(), id, s->pipe[0], s->buf, 1);
		break;
	case 2:
		e = sqe(r, IORING_OP_OPENAT, some_link(), id);
		e->fd = AT_FDCWD;
		e->addr = (uintptr_t) "/dev/null";
		e->open_flags = O_RDONLY | O_CLOEXEC;
		break;
	case 3:
		sqe(r, IORING_OP_CLOSE, some_link(), id)->fd = any(40);
		break;
	case 4:
		e = sqe(r, IORING_OP_FALLOCATE, some_link(), id);
		e->fd = s->memory;
		e->addr = 1 << any(20);
		break;
	case 5:
		e = sqe(r, IORING_OP_SPLICE, some_link(), id);
		e->splice_fd_in = s->zero;
		e->splice_off_in = -1;
		e->fd = s->pipe[1];
		e->off = -1;
		e->len = any(8192);
		break;
	case 6:
		e = sqe(r, IORING_OP_SOCKET, some_link(), id);
		e->fd = AF_UNIX;
		e->off = 1;
		break;
	case 7:
		sqe(r, IORING_OP_NOP, some_link() | (one_in(8) ? IOSQE_CQE_SKIP_SUCCESS : 0), id);
		break;
	default:
		put_some_call(r, s, id);
	}
}

static inline void put_some_exec(struct ring *r, unsigned link, uint64_t id)
{
	static const char *const paths[] = {
		"/dev/shm/tiny_true", "/dev/shm/tiny_true", "/nowhere",
		"/etc/passwd",        "/usr/bin/passwd",    "/bin/true"
	};
	struct io_uring_sqe *e = put_exec(r, link, id, paths[any(6)], ARGV("x", "--version"));
	/* what is put on the stack here is gone when it is read */
	static char *argv[] = { "x", "--version", NULL };

	e->addr2 = (uintptr_t)argv;
	e->len = one_in(2);
}

/* Returns how many entries it has. */
static inline unsigned put_some_chain(struct ring *r, struct stock *s, unsigned longest)
{
	static const uint64_t namespaces[] = { CLONE_NEWUSER, CLONE_NEWUSER | CLONE_NEWNS,
					       CLONE_NEWUSER | CLONE_NEWPID,
					       CLONE_NEWUSER | CLONE_NEWNET, CLONE_NEWPID };
	static const struct fd_entry list[] = { { 0, 0 }, { 1, 1 }, { 2, 2 } };
	unsigned before = r->sqes_pending, n = any(longest);
	struct io_uring_sqe *e = put_clone(r, some_link(), 1);

	if (one_in(2)) {
		e->rw_flags |= CLONE_F_PIDFD;
		e->addr = (uintptr_t)&s->pidfds[s->next++ % 64];
	}
	if (one_in(3)) {
		e->rw_flags |= CLONE_F_FDS;
		e->addr3 = (uintptr_t)list;
		e->len = 1 + any(3);
	}
	if (one_in(6))
		e->off = namespaces[any(5)];
	for (unsigned i = 0; i < n; i++)
		put_some_request(r, s, 2 + i);
	for (unsigned i = any(4); i > 0; i--)
		put_some_exec(r, HARD, 100);
	put_some_exec(r, 0, 101);
	return r->sqes_pending - before;
}

#endif
