/*
 * The run of a chain in a ring: what the files of the io_uring executor share. uring.c opens the
 * ring and runs a chain, sqe.c puts the requests of a chain, cqe.c takes its completions, pending.c
 * has the chains whose caller does not wait, and prespawn.c has children that wait for their
 * program.
 */
#ifndef RS_RUN_H
#define RS_RUN_H

#include <assert.h>
#include <stdint.h>

#include "chain.h"
#include "ring.h"
#include "ringspawn.h"

struct pending;

struct uring {
	struct ring ring;
	struct pending *first, **end; /* in the order in which they were queued */
	uint32_t last_ticket;
	int lists_fds; /* this kernel's CLONE takes a list of fds */
	/* The arguments of SPAWN_CALL requests, each at its request's place in the ring. The kernel
	 * reads them when the request is submitted. */
	uint64_t calls[RING_ENTRIES][6];
};

/* One run of a chain. */
struct run {
	const struct chain *chain;
	int is_prespawn;   /* a struct prespawn has its requests behind the steps */
	const char *shell; /* executed in place of the candidates, with shell_argv; or NULL */
	uint32_t left;     /* completions that are to come; 0: the run is over */
	/* CLONE, the steps and what follows have a place each, also where a list makes a request
	 * unnecessary: this is how many places were given. */
	uint32_t places;
	int is_listed; /* CLONE has a list of the child's fds */
	int32_t pid;   /* 0: there is no child yet */
	int pidfd;
	int error; /* why there is no program; 0: there is one, or it is not known yet */
	enum rs_step step;
	uint32_t index;
	int exec_error; /* of the last candidate that exec refused */
	uint32_t exec_index;
};

/* A completion brings back one word of its request: the run and the place. Both fit, because
 * addresses of user space have 48 bits. */
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

/* Runs the chain, or the shell in place of its candidates, and waits for the end of the run. A run
 * that failed leaves nothing. */
void uring_run_once(struct uring *uring, struct run *run, const struct chain *chain,
		    const char *shell);

/*
 * Submits what was put, waits for `wanted` completions, and takes all that have come. A request
 * that the kernel does not take, for want of memory, is over with that error.
 */
void uring_turn(struct uring *uring, uint32_t wanted);

void run_fail(struct run *run, int error, enum rs_step step, uint32_t index);
/* Whether a pending signal kept the kernel from making the child. By now the signal was handled,
 * and the chain can be put again. */
int run_was_interrupted(const struct run *run);
/* To be called when the run is over: decides what the errors of its candidates come to. */
void run_conclude(struct run *run);
/* Reaps the child of a run that has failed, and closes its pidfd. Not for a child whose pidfd the
 * caller has been told: from then on the number is the caller's, and may be another process's by
 * now. */
void run_drop_child(struct run *run);

/* Whether this kernel's CLONE takes a list of fds, as uring_probe has found. */
int uring_kernel_lists_fds(void);

#endif
