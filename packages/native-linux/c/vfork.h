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

/* Spawns once, a child that only ends. Fills part, error and clone3 of `out`. */
void vfork_probe(struct rs_probe *out);

/* All signals of this thread, the two of libc's own included. */
void signals_block(uint64_t *before);
void signals_restore(const uint64_t *before);

#endif
