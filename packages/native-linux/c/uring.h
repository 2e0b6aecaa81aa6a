/*
 * The io_uring executor: a chain becomes one submission of linked requests, which the kernel
 * carries out in the child while the parent goes on. A struct uring belongs to the thread that has
 * opened it.
 */
#ifndef RS_URING_H
#define RS_URING_H

#include <stdint.h>

#include "chain.h"
#include "ringspawn.h"

struct uring;

/* Opens a ring; with `prespawns`, one for prespawned children. NULL: errno says why. */
struct uring *uring_open(int prespawns);
/* Waits for the pending chains, kills the prespawned children that have no program, and closes. */
void uring_close(struct uring *uring);
/* Opens a ring without an fd (ring_hide), for uring_run alone. NULL: errno says why. */
struct uring *uring_open_hidden(void);

/* How many fds CLONE would list for the chain. 0: each fd takes a request of its own, and closing
 * the others takes more. */
uint32_t uring_listed(const struct chain *chain);

/* How many requests the chain takes, at most. More than URING_MAX_CHAIN is too long, because a
 * chain is submitted at once. */
uint32_t uring_length(const struct chain *chain);
#define URING_MAX_CHAIN 1024u

/* Opens *uring if it is NULL. 0 if the chain can go into it; else -errno, with `out` filled. */
int uring_for(struct uring **uring, const struct chain *chain, struct rs_outcome *out);

/* Runs the chain, and waits until the child has exec'd or failed. Fills `out` as vfork_run does. */
void uring_run(struct uring *uring, const struct chain *chain, struct rs_outcome *out);

/* Runs one chain, down to an exec that must be refused. Fills part and error of `out`. */
void uring_probe(struct rs_probe *out);

#endif
