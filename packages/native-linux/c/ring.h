/* One io_uring, which can only spawn: its requests and its completions. It belongs to the thread
 * that has opened it. */
#ifndef RS_RING_H
#define RS_RING_H

#include <stddef.h>
#include <stdint.h>

#include "io_uring.h"

/* The most requests that can be submitted at once, and so the longest chain. */
#define RING_ENTRIES 1024u

struct ring {
	int fd;
	int notify_fd; /* an eventfd, readable when completions have come (ring_set_notify) */
	struct sqe *sqes;
	uint32_t *sq_head; /* written by the kernel: how many requests it has taken */
	uint32_t *sq_tail;
	uint32_t tail; /* how many requests were put; *sq_tail follows when they are submitted */
	uint32_t *cq_head;
	uint32_t *cq_tail;
	uint32_t *cq_flags;
	const struct cqe *cqes;
	uint32_t sq_mask, cq_mask;
	void *rings; /* a mapping, as sqes is */
	size_t rings_size, sqes_size;
	uint32_t enter_flags;
};

/* 0 or -errno. The ring takes the three operations of a spawn and no others; with `reads`, READ
 * too. */
int ring_open(struct ring *ring, int reads);
void ring_close(struct ring *ring);
/*
 * For a ring in a program that knows nothing of it. Afterwards the ring has no fd that the program
 * could close or pass on, only this thread can reach it, and a forked child has no part of its
 * memory. There is no notify fd any more, and the ring itself stays until the thread ends. 0 or
 * -errno.
 */
int ring_hide(struct ring *ring);

/* How many requests can be put before the next ring_enter. */
uint32_t ring_room(const struct ring *ring);
/* Puts a request, which is all zeros. There must be room for it. */
struct sqe *ring_put(struct ring *ring);
/* The request's place in the ring, below RING_ENTRIES. No other request has it before this one is
 * submitted. */
uint32_t ring_place(const struct ring *ring, const struct sqe *sqe);

/*
 * Submits all that was put, and waits until `wanted` completions can be taken. 0 or -errno. After
 * an error ring_unsubmitted says how many requests the kernel has not taken.
 */
int ring_enter(struct ring *ring, uint32_t wanted);
uint32_t ring_unsubmitted(const struct ring *ring);
/* Takes back all that was put and not submitted. */
void ring_withdraw(struct ring *ring);

/* 1: `out` is the next completion. 0: there is none now. */
int ring_take(struct ring *ring, struct cqe *out);

/* Whether completions make the notify fd readable. It begins off, because a caller that waits in
 * ring_enter needs no notification. */
void ring_set_notify(struct ring *ring, int on);

#endif
