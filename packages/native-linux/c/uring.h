/*
 * The io_uring executor: a chain as one submission of linked requests, which the kernel carries out
 * in the child while the parent goes on. Belongs to the thread that opened it.
 */
#ifndef RS_URING_H
#define RS_URING_H

#include <stdint.h>

#include "chain.h"
#include "ringspawn.h"

struct uring;

/* NULL: errno. `parks`: for chains that wait for their program. */
struct uring *uring_open(int parks);
/* Waits for the chains that are under way; those that are parked are ended. */
void uring_close(struct uring *uring);
/* One without an fd (ring_hide), for uring_run alone. Belongs to its thread until that ends. NULL:
 * errno. */
struct uring *uring_open_hidden(void);

/* How many fds CLONE would list for the chain; 0: it takes a step for each, and for closing the
 * rest. */
uint32_t uring_listed(const struct chain *chain);

/* How many requests the chain takes, at most. It must be submitted at once: more than
 * URING_MAX_CHAIN is too long. */
uint32_t uring_length(const struct chain *chain);
#define URING_MAX_CHAIN 1024u

/* Opens *uring if it is NULL. 0 if the chain can go into it; else -errno, with `out` filled. */
int uring_for(struct uring **uring, const struct chain *chain, struct rs_outcome *out);

/* Runs the chain to its program or its failure, and waits for that. Fills `out` as vfork_run does.
 */
void uring_run(struct uring *uring, const struct chain *chain, struct rs_outcome *out);

/* Spawns once, down to an exec that must be refused. Fills part and error of `out`. */
void uring_probe(struct rs_probe *out);

#endif
