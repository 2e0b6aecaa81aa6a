/*
 * A chain on its way through a ring: what the files of the io_uring executor share. uring.c opens
 * the ring and runs a chain, sqe.c puts its requests, cqe.c takes its completions; pending.c has
 * the chains that nobody waits for, prespawn.c those of them that wait for their program.
 */
#ifndef RS_RUN_H
#define RS_RUN_H

#include <assert.h>
#include <stdint.h>

#include "chain.h"
#include "ring.h"
#include "ringspawn.h"

struct flight;

struct uring {
	struct ring ring;
	struct flight *first, **end; /* in the order in which they were queued */
	uint32_t last_ticket;
	int lists_fds; /* CLONE takes a list */
	uint64_t calls[RING_ENTRIES]
		      [6]; /* SPAWN_CALLs' arguments, each at its request's place in the ring */
};

/* A chain on its way. */
struct run {
	const struct chain *chain;
	int parked;        /* its requests are those of a struct parked */
	const char *shell; /* executed with chain->shell_argv instead of the candidates; NULL: they
			      are */
	uint32_t left;     /* completions that are to come; 0: it is over */
	uint32_t places;   /* that were given to CLONE, steps and what follows, done by a request or
			      not */
	int is_listed;     /* the child is born with its fds */
	int32_t pid;       /* 0: not born */
	int pidfd;
	int error; /* why there is no program; 0: there is one, or it is not known yet */
	enum rs_step step;
	uint32_t index;
	int exec_error; /* of the last candidate that was tried in vain */
	uint32_t exec_index;
};

/* Run and place in one word, which comes back with the completion: addresses of user space have 48
 * bits. */
static inline uint64_t user_data_of(const struct run *run, uint32_t place)
{
	assert((uintptr_t)run >> 48 == 0 && place <= UINT16_MAX);
	return (uint64_t)place << 48 | (uint64_t)(uintptr_t)run;
}

static inline struct run *run_of(uint64_t user_data)
{
	return (struct run *)(uintptr_t)(user_data & 0xffffffffffffull);
}

static inline uint32_t place_of(uint64_t user_data)
{
	return (uint32_t)(user_data >> 48);
}

/* Waits until `length` requests can be put. */
void uring_make_room(struct uring *uring, uint32_t length);

/* From its first request to its end, nothing left of a failure. */
void uring_fly(struct uring *uring, struct run *run, const struct chain *chain, const char *shell);

/*
 * Submits what is queued, waits for `wanted` completions, takes all that have come. What the kernel
 * does not take for want of memory is over, with that error.
 */
void uring_turn(struct uring *uring, uint32_t wanted);

void run_fail(struct run *run, int error, enum rs_step step, uint32_t index);
/* A signal was pending, so nobody was born: it has been dealt with by now. */
int run_was_interrupted(const struct run *run);
/* The run is over: what its candidates come to, and no zombie if it has failed. */
void run_conclude(struct run *run);
void run_drop_pidfd(struct run *run);

/* Whether CLONE takes a list in this kernel, as uring_probe found it. */
int uring_kernel_lists_fds(void);

#endif
