/* The birth of a child whose parent waits for it: what vfork.c and probe.c have in common. */
#ifndef RS_VFORK_BIRTH_H
#define RS_VFORK_BIRTH_H

#include <stdint.h>

#include "chain.h"
#include "ringspawn.h"

/* The step that a birth has failed at which the kernel refused with `error`. */
enum rs_step birth_step(const struct birth *birth, int error);

/* What a birth is made of, and what it gives. */
struct vfork_birth {
	uint64_t flags; /* CLONE_* besides VFORK and CLEAR_SIGHAND, which every birth has */
	int cgroup_fd;  /* -1: none */
	int exit_signal;
	void *stack_top;
	void (*child)(void *); /* what the child does: it never returns, and calls no libc */
	void *arg;
	int pidfd;    /* written by the birth */
	int by_clone; /* written before the child runs: clone(2) serves, and the child has to reset
			 the handlers itself */
};

/* Makes the child, and blocks until it has exec'd or exited. Returns its pid, or -errno. The caller
 * has blocked all signals. */
long vfork_birth_run(struct vfork_birth *birth);

/* Resets every handler, in a child that clone(2) has made. */
void signals_reset_handlers(void);

/* 0, or the errno with which clone3 was refused here. clone(2) has served since then. */
int clone3_refused(void);

/* The child of a probe. Its code stands in vfork.c, because the same rules hold for it. */
struct probe_child {
	int only_says;             /* 1: it makes no call but that of its end */
	volatile uint32_t said;    /* PROBE_CHILD_SAID, if the memory is shared */
	volatile long close_range; /* what the kernel answered */
};
#define PROBE_CHILD_SAID 0x72696e67u
void probe_child(void *arg);

/* Reaps one child that ends, by its pidfd, or by its pid where pidfd is -1. `signal` becomes the
 * one that ended it, or 0. 0 or -errno; -ECHILD: other code of the program has reaped it. */
long child_reap(int pidfd, long pid, int *signal);

#endif
