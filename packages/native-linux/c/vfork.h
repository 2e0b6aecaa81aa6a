/* The vfork executor: a child born with clone3 or clone(CLONE_VM | CLONE_VFORK | CLONE_PIDFD) walks
 * the chain. */
#ifndef RS_VFORK_H
#define RS_VFORK_H

#include <stdint.h>

#include "chain.h"
#include "ringspawn.h"

/*
 * Runs the chain on the given stack and waits until the child has exec'd or failed. Fills pid and
 * pidfd, or error, step and index of `out`; a child that failed is reaped. Signals of this thread
 * are blocked meanwhile.
 */
void vfork_run(const struct chain *chain, void *stack_top, struct rs_outcome *out);

/* The CLONE_* flags of the chain's birth; without CLEAR_SIGHAND where clone(2) serves, which has no
 * room for it. */
uint64_t vfork_flags(const struct chain *chain);

/* Whose fault a birth is that the kernel refused with `error`. */
enum rs_step birth_step(const struct birth *birth, int error);

/* A child that shares our memory, for vfork_run and for the probe. Blocks until it has exec'd or
 * exited. */
struct cradle {
	uint64_t flags; /* CLONE_*; VM, VFORK and CLEAR_SIGHAND come by themselves */
	int cgroup_fd;  /* -1: none */
	void *stack_top;
	void (*child)(void *); /* never returns, calls nothing of libc */
	void *arg;
	int pidfd;    /* out */
	int by_clone; /* out: clone(2) served, the child must reset the handlers itself. Known to
			 the child. */
};

/* pid, or -errno. The caller has blocked all signals. */
long cradle_birth(struct cradle *cradle);

/* Resets every handler, for a child that clone(2) gave. */
void cradle_reset_handlers(void);

/* 0, or the errno with which clone3 was last refused here, so that clone(2) serves since. */
int cradle_clone3_refused(void);

/* Spawns once, a child that only ends. Fills part, error and clone3 of `out`. */
void vfork_probe(struct rs_probe *out);

/* A child that only shows what it could do. It stands with the walk because the same rules hold for
 * it. */
struct probe_child {
	volatile uint32_t said;    /* PROBE_CHILD_SAID, if the memory is really shared */
	volatile long close_range; /* what the kernel answered */
};
#define PROBE_CHILD_SAID 0x72696e67u
void probe_child(void *arg);

/* Waits for a child that has ended; only its parent's own pidfd or pid counts. 0 or -errno. */
long cradle_reap(int pidfd, long pid);

/* All signals of this thread, the two of libc's own included. */
void signals_block(uint64_t *before);
void signals_restore(const uint64_t *before);

#endif
