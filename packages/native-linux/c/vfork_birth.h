/* How a child is born that shares our memory: what vfork.c and probe.c have in common. */
#ifndef RS_VFORK_BIRTH_H
#define RS_VFORK_BIRTH_H

#include <stdint.h>

#include "chain.h"
#include "ringspawn.h"

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

#endif
