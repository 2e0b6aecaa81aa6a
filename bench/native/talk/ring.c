/*
 * io_uring_spawn with nothing around it: CLONE and one EXEC a candidate, put into the ring by hand
 * and submitted by one call. This is what the talk measured.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "../../../packages/native-linux/c/io_uring.h"
#include "way.h"

#define ENTRIES 32u
#define FLAGS (SETUP_SUBMIT_ALL | SETUP_SINGLE_ISSUER | SETUP_DEFER_TASKRUN | SETUP_NO_SQARRAY)

extern char **environ;

struct plain {
	int fd;
	struct ring_params params;
	char *rings;
	struct sqe *sqes;
	size_t rings_size, sqes_size;
};

static struct plain ring, trial;
static uint32_t in_flight;

static uint32_t *word(const struct plain *of, uint32_t offset)
{
	return (uint32_t *)(of->rings + offset);
}

static int open_ring(struct plain *out)
{
	const int how = PROT_READ | PROT_WRITE, kind = MAP_SHARED | MAP_POPULATE;

	memset(out, 0, sizeof(*out));
	out->params.flags = FLAGS;
	out->fd = (int)syscall(SYS_io_uring_setup, ENTRIES, &out->params);
	if (out->fd < 0)
		return -1;
	out->rings_size = out->params.cq.cqes + out->params.cq_entries * sizeof(struct cqe);
	out->sqes_size = out->params.sq_entries * sizeof(struct sqe);
	out->rings = mmap(NULL, out->rings_size, how, kind, out->fd, (off_t)OFF_SQ_RING);
	out->sqes = mmap(NULL, out->sqes_size, how, kind, out->fd, (off_t)OFF_SQES);
	if (out->rings == MAP_FAILED || (void *)out->sqes == MAP_FAILED)
		die("mmap of a ring");
	return 0;
}

static void close_ring(struct plain *of)
{
	munmap(of->rings, of->rings_size);
	munmap(of->sqes, of->sqes_size);
	close(of->fd);
}

static const char *ready(void)
{
	static char why[128];
	char text[16] = "";
	int fd = open(IO_URING_SPAWN_ABI_FILE, O_RDONLY | O_CLOEXEC);

	if (fd < 0) {
		snprintf(why, sizeof(why), "no io_uring_spawn in this kernel: there is no %s",
			 IO_URING_SPAWN_ABI_FILE);
		return why;
	}
	if (read(fd, text, sizeof(text) - 1) < 0 || atoi(text) != IO_URING_SPAWN_ABI) {
		snprintf(why, sizeof(why), "the kernel's ABI is %d", atoi(text));
		close(fd);
		return why;
	}
	close(fd);
	if (open_ring(&ring) != 0) {
		snprintf(why, sizeof(why), "io_uring_setup: %s", strerror(errno));
		return why;
	}
	return NULL;
}

static struct sqe *put(uint8_t opcode, uint8_t flags)
{
	uint32_t tail = *word(&ring, ring.params.sq.tail) + in_flight++;
	struct sqe *sqe = &ring.sqes[tail & (ring.params.sq_entries - 1)];

	*sqe = (struct sqe){ .opcode = opcode, .flags = flags, .user_data = in_flight };
	return sqe;
}

static void start_with(const struct listed_fd *fds, uint32_t count)
{
	struct sqe *clone;

	in_flight = 0;
	clone = put(OP_CLONE, SQE_LINK);
	if (count > 0) {
		clone->rw_flags = CLONE_LISTED_FDS;
		clone->addr3 = (uint64_t)(uintptr_t)fds;
		clone->len = count;
	}
	for (int i = 0; candidates[i] != NULL; i++) {
		struct sqe *sqe = put(OP_EXEC, candidates[i + 1] != NULL ? SQE_HARDLINK : 0);

		sqe->fd = AT_FDCWD;
		sqe->addr = (uint64_t)(uintptr_t)candidates[i];
		sqe->off = (uint64_t)(uintptr_t)child_argv;
		sqe->addr3 = (uint64_t)(uintptr_t)environ;
		sqe->len = EXEC_SEARCH;
	}
	__atomic_fetch_add(word(&ring, ring.params.sq.tail), in_flight, __ATOMIC_RELEASE);
	if (syscall(SYS_io_uring_enter, ring.fd, in_flight, 0, 0, NULL, 0) != (long)in_flight)
		die("io_uring_enter");
}

static void start(void)
{
	start_with(NULL, 0);
}

static void start_lean(void)
{
	static const struct listed_fd clock_only[] = { { CLOCK_FD, CLOCK_FD } };

	start_with(clock_only, 1);
}

/* What CLONE's completion says, once all are there. */
static int32_t clone_result(void)
{
	uint32_t *head = word(&ring, ring.params.cq.head), *tail = word(&ring, ring.params.cq.tail);
	const struct cqe *cqes = (const struct cqe *)(ring.rings + ring.params.cq.cqes);
	int32_t result = 0;

	while (__atomic_load_n(tail, __ATOMIC_ACQUIRE) - *head < in_flight)
		if (syscall(SYS_io_uring_enter, ring.fd, 0, in_flight, ENTER_GETEVENTS, NULL, 0) <
			    0 &&
		    errno != EINTR)
			die("io_uring_enter");
	for (uint32_t at = *head; at != *tail; at++) {
		const struct cqe *cqe = &cqes[at & (ring.params.cq_entries - 1)];

		if (cqe->user_data == 1)
			result = cqe->res;
	}
	__atomic_store_n(head, *tail, __ATOMIC_RELEASE);
	return result;
}

static pid_t settle(void)
{
	int32_t result = clone_result();

	if (result < 0) {
		errno = -result;
		die("CLONE");
	}
	return result;
}

/* A list with a descriptor that nobody has: EBADF says that it was looked at, and nobody is born.
 */
static const char *ready_lean(void)
{
	static const struct listed_fd nobodys[] = { { 0, -1 } };
	const char *why = ring.rings != NULL ? NULL : ready();

	if (why != NULL)
		return why;
	start_with(nobodys, 1);
	return clone_result() == -EBADF ? NULL : "this kernel's CLONE takes no list of descriptors";
}

const struct way ring_way = {
	.name = "io_uring_spawn", .open = ready, .start = start, .settle = settle
};
const struct way lean_way = {
	.name = "io_uring_spawn, fds listed",
	.open = ready_lean,
	.start = start_lean,
	.settle = settle,
};

static void open_trial(void)
{
	if (open_ring(&trial) != 0)
		die("io_uring_setup");
}

static void close_trial(void)
{
	close_ring(&trial);
}

const struct ring_cost plain_ring = { "a plain ring, 32 entries", open_trial, close_trial };
