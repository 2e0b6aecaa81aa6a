/*
 * One io_uring. Its flags:
 *
 *   DEFER_TASKRUN  Completions are made when they are asked for, and never interrupt the program.
 *   SINGLE_ISSUER  DEFER_TASKRUN takes it, and one thread alone uses a ring here.
 *   SUBMIT_ALL     A chain that fails at once does not hold back those behind it.
 *   R_DISABLED     The ring takes no request before its restrictions are set.
 *   NO_SQARRAY     A request's place in the ring is its place in the queue.
 *
 * There is no SQPOLL, because the parent of a chain's child is the thread that submits the chain.
 */
#define _GNU_SOURCE
#include <assert.h>
#include <errno.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <unistd.h>

#include "fd.h"
#include "kernel.h"
#include "pipe.h"
#include "ring.h"

#define FLAGS                                                                              \
	(SETUP_R_DISABLED | SETUP_SUBMIT_ALL | SETUP_SINGLE_ISSUER | SETUP_DEFER_TASKRUN | \
	 SETUP_NO_SQARRAY)

static int map(struct ring *ring, const struct ring_params *params)
{
	const int how = PROT_READ | PROT_WRITE, kind = MAP_SHARED | MAP_POPULATE;

	ring->rings_size = params->cq.cqes + params->cq_entries * sizeof(struct cqe);
	ring->sqes_size = params->sq_entries * sizeof(struct sqe);
	ring->rings = mmap(NULL, ring->rings_size, how, kind, ring->fd, (off_t)OFF_SQ_RING);
	if (ring->rings == MAP_FAILED)
		return -errno;
	ring->sqes = mmap(NULL, ring->sqes_size, how, kind, ring->fd, (off_t)OFF_SQES);
	if (ring->sqes == MAP_FAILED) {
		int error = errno;

		munmap(ring->rings, ring->rings_size);
		return -error;
	}
	ring->sq_head = (uint32_t *)((char *)ring->rings + params->sq.head);
	ring->sq_tail = (uint32_t *)((char *)ring->rings + params->sq.tail);
	ring->cq_head = (uint32_t *)((char *)ring->rings + params->cq.head);
	ring->cq_tail = (uint32_t *)((char *)ring->rings + params->cq.tail);
	ring->cq_flags = (uint32_t *)((char *)ring->rings + params->cq.flags);
	ring->cqes = (const struct cqe *)((char *)ring->rings + params->cq.cqes);
	ring->sq_mask = params->sq_entries - 1;
	ring->cq_mask = params->cq_entries - 1;
	ring->tail = *ring->sq_tail;
	/* The place of a request is also an index into struct uring's arguments of calls. */
	assert(params->sq_entries == RING_ENTRIES);
	return 0;
}

static int do_register(const struct ring *ring, uint32_t what, const void *arg, uint32_t count)
{
	return (int)sys4(SYS_io_uring_register, ring->fd, what, (long)arg, count);
}

/* A ring can spawn and do nothing else, so code that gets hold of it reaches no file and no
 * socket. */
static int restrict_and_enable(struct ring *ring, int reads)
{
	static const struct ring_restriction restrictions[] = {
		{ .kind = RESTRICTION_REGISTER_OP, .op = REGISTER_RING_FDS }, /* for ring_hide */
		{ .kind = RESTRICTION_SQE_OP, .op = OP_CLONE },
		{ .kind = RESTRICTION_SQE_OP, .op = OP_EXEC },
		{ .kind = RESTRICTION_SQE_OP, .op = OP_SPAWN_CALL },
		{ .kind = RESTRICTION_SQE_FLAGS_ALLOWED, .op = SQE_LINK | SQE_HARDLINK },
		/* READ is the last, so that it can be left out. */
		{ .kind = RESTRICTION_SQE_OP, .op = OP_READ },
	};
	int ret;

	ring_set_notify(ring, 0);
	ret = do_register(ring, REGISTER_EVENTFD, &ring->notify_fd, 1);
	if (ret == 0)
		ret = do_register(ring, REGISTER_RESTRICTIONS, restrictions,
				  sizeof(restrictions) / sizeof(*restrictions) - !reads);
	if (ret == 0)
		ret = do_register(ring, REGISTER_ENABLE_RINGS, NULL, 0);
	return ret;
}

int ring_open(struct ring *ring, int reads)
{
	struct ring_params params = { .flags = FLAGS };
	int ret;

	memset(ring, 0, sizeof(*ring));
	/* The kernel makes the fd CLOEXEC. */
	ring->fd = fd_keep(fd_above_stdio((int)syscall(SYS_io_uring_setup, RING_ENTRIES, &params)));
	if (ring->fd < 0)
		return -errno;
	ring->notify_fd = fd_keep(fd_above_stdio(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)));
	if (ring->notify_fd < 0) {
		ret = -errno;
		fd_close_kept(ring->fd);
		return ret;
	}
	ret = map(ring, &params);
	if (ret == 0) {
		ret = restrict_and_enable(ring, reads);
		if (ret == 0)
			return 0;
		munmap(ring->sqes, ring->sqes_size);
		munmap(ring->rings, ring->rings_size);
	}
	fd_close_kept(ring->notify_fd);
	fd_close_kept(ring->fd);
	return ret;
}

void ring_close(struct ring *ring)
{
	munmap(ring->sqes, ring->sqes_size);
	munmap(ring->rings, ring->rings_size);
	if (ring->enter_flags & ENTER_REGISTERED_RING)
		return;
	fd_close_kept(ring->notify_fd);
	fd_close_kept(ring->fd);
}

int ring_hide(struct ring *ring)
{
	struct ring_number number = { .index = UINT32_MAX, .fd = (uint64_t)ring->fd };
	int ret = do_register(ring, REGISTER_RING_FDS, &number, 1);

	if (ret != 1)
		return ret < 0 ? ret : -EINVAL;
	madvise(ring->sqes, ring->sqes_size, MADV_DONTFORK);
	madvise(ring->rings, ring->rings_size, MADV_DONTFORK);
	fd_close_kept(ring->notify_fd);
	fd_close_kept(ring->fd);
	ring->fd = (int)number.index;
	ring->enter_flags = ENTER_REGISTERED_RING;
	return 0;
}

uint32_t ring_unsubmitted(const struct ring *ring)
{
	return ring->tail - __atomic_load_n(ring->sq_head, __ATOMIC_ACQUIRE);
}

uint32_t ring_room(const struct ring *ring)
{
	return ring->sq_mask + 1 - ring_unsubmitted(ring);
}

struct sqe *ring_put(struct ring *ring)
{
	struct sqe *sqe = &ring->sqes[ring->tail & ring->sq_mask];

	assert(ring_room(ring) > 0);
	ring->tail++;
	*sqe = (struct sqe){ 0 };
	return sqe;
}

uint32_t ring_place(const struct ring *ring, const struct sqe *sqe)
{
	assert(sqe >= ring->sqes && sqe < ring->sqes + RING_ENTRIES);
	return (uint32_t)(sqe - ring->sqes);
}

void ring_withdraw(struct ring *ring)
{
	ring->tail = __atomic_load_n(ring->sq_head, __ATOMIC_ACQUIRE);
	__atomic_store_n(ring->sq_tail, ring->tail, __ATOMIC_RELEASE);
}

int ring_enter(struct ring *ring, uint32_t wanted)
{
	long ret;

	__atomic_store_n(ring->sq_tail, ring->tail, __ATOMIC_RELEASE);
	ret = sys6(SYS_io_uring_enter, ring->fd, ring_unsubmitted(ring), wanted,
		   ENTER_GETEVENTS | ring->enter_flags, 0, 0);
	return ret < 0 ? (int)ret : 0;
}

int ring_take(struct ring *ring, struct cqe *out)
{
	uint32_t head = *ring->cq_head;
	uint32_t tail = __atomic_load_n(ring->cq_tail, __ATOMIC_ACQUIRE);

	assert(tail - head <= ring->cq_mask + 1);
	if (head == tail)
		return 0;
	*out = ring->cqes[head & ring->cq_mask];
	__atomic_store_n(ring->cq_head, head + 1, __ATOMIC_RELEASE);
	return 1;
}

void ring_set_notify(struct ring *ring, int on)
{
	__atomic_store_n(ring->cq_flags, on ? 0 : CQ_EVENTFD_DISABLED, __ATOMIC_RELEASE);
}
