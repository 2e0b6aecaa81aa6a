/* One io_uring, for spawning alone: what goes in and what comes out. Belongs to the thread that
 * opened it. */
#ifndef RS_RING_H
#define RS_RING_H

#include <stddef.h>
#include <stdint.h>

#include "io_uring.h"

/* Requests that can be queued at a time, hence the longest chain. */
#define RING_ENTRIES 1024u

struct ring {
	int fd;
	int bell_fd; /* an eventfd: readable when completions wait, while it is switched on */
	struct sqe *sqes;
	uint32_t *sq_head; /* the kernel's: what it has taken */
	uint32_t *sq_tail;
	uint32_t tail; /* ours, ahead of *sq_tail by what is not submitted */
	uint32_t *cq_head;
	uint32_t *cq_tail;
	uint32_t *cq_flags;
	const struct cqe *cqes;
	uint32_t sq_mask, cq_mask;
	void *rings; /* the mappings */
	size_t rings_size, sqes_size;
	uint32_t enter_flags;
};

/* 0 or -errno. The ring takes nothing but the operations of a spawn; with `reads`, READ as well. */
int ring_open(struct ring *ring, int reads);
void ring_close(struct ring *ring);
/*
 * For a ring in a program that knows nothing of it: afterwards it has no fd, which a program could
 * close or inherit to somebody; the thread alone can reach it, and a forked child has no part of
 * its memory. 0 or -errno. There is no bell any more, and ring_close leaves the ring itself to the
 * end of the thread.
 */
int ring_hide(struct ring *ring);

/* How many requests may be put before the next ring_enter. */
uint32_t ring_room(const struct ring *ring);
/* The next free request, all zeros. There must be room. */
struct sqe *ring_put(struct ring *ring);
/* Its place, below RING_ENTRIES: for what must stay until it is submitted. */
uint32_t ring_place(const struct ring *ring, const struct sqe *sqe);

/*
 * Submits all that was put, and waits until at least `wanted` completions can be taken. 0 or
 * -errno; after an error ring_unsubmitted tells what the kernel has not taken.
 */
int ring_enter(struct ring *ring, uint32_t wanted);
uint32_t ring_unsubmitted(const struct ring *ring);
/* Takes back what was put and never submitted. */
void ring_withdraw(struct ring *ring);

/* 1: `out` is the next completion. 0: there is none for now. */
int ring_take(struct ring *ring, struct cqe *out);

/* Whether completions ring the bell. It begins switched off: who waits in ring_enter needs none. */
void ring_set_bell(struct ring *ring, int on);

#endif
