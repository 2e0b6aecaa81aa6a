/* Pending chains: they were queued or submitted, and their caller does not wait for them. */
#ifndef RS_PENDING_H
#define RS_PENDING_H

#include <stdint.h>

#include "chain.h"
#include "request.h"
#include "run.h"

struct prespawn;

/* A pending chain, and all that must live until its last completion. */
struct pending {
	struct pending *next;
	struct run run;
	struct request request;
	struct chain chain;
	struct prespawn *prespawn; /* of a child that waits for its program, or NULL */
	char **environ;            /* a copy of environ; NULL: the request has its own */
	int cgroup_fd;
	uint32_t ticket;    /* 0: the chain is not queued yet */
	int has_child_ends; /* the request's child ends are still open */
	int told_pid;       /* the caller has had a row with the pid */
};

/* Queues a chain, which then belongs to the uring until it is over. Returns its ticket. */
uint32_t uring_queue(struct uring *uring, struct pending *pending);
/* How many requests the chain takes, at most. More than URING_MAX_CHAIN is too long. */
uint32_t pending_length(const struct pending *pending);
void pending_free(struct pending *pending);

/* Submits what is queued, and takes what has come. Fills at most `capacity` rows, and returns how
 * many it has filled. */
uint32_t uring_submit(struct uring *uring, struct rs_started *out, uint32_t capacity);

/* An fd that becomes readable when completions of a pending chain have come, and stays so until it
 * is cleared. */
int uring_notify_fd(const struct uring *uring);
void uring_clear_notify(struct uring *uring);

#endif
