/* The vfork executor: clone3 or clone(CLONE_VM | CLONE_VFORK | CLONE_PIDFD) makes a child that does
 * the steps of the chain itself. */
#ifndef RS_VFORK_H
#define RS_VFORK_H

#include <stdint.h>

#include "chain.h"
#include "ringspawn.h"

/*
 * Runs the chain on the given stack, and waits until the child has exec'd or failed. Fills pid and
 * pidfd of `out`, or error, step and index. A child that failed is reaped. All signals of this
 * thread are blocked meanwhile.
 */
void vfork_run(const struct chain *chain, void *stack_top, struct rs_outcome *out);

/* The CLONE_* flags of the chain's birth. CLEAR_SIGHAND is left out where clone(2) serves, which
 * has no bit for it. */
uint64_t vfork_flags(const struct chain *chain);

/* Makes one child that only ends. Fills part, error and clone3 of `out`. */
void vfork_probe(struct rs_probe *out);
/* The same for one that has no pidfd and closes nothing: it makes no call that libc's own spawn
 * does not make, so that a filter which kills lets it pass. */
void vfork_probe_memory(struct rs_probe *out);
/* Whether a trial (also one of a ring) would find the same the next time. A shortage, and a trial
 * that was cut off, say nothing about this kernel: who asks again may find another state. */
int probe_is_final(const struct rs_probe *found);

/* For all signals of this thread, with the two that libc keeps for itself. */
void signals_block(uint64_t *before);
void signals_restore(const uint64_t *before);

#endif
