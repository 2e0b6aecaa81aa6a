/* Chains that nobody waits for. */
#ifndef RS_PENDING_H
#define RS_PENDING_H

#include <stdint.h>

#include "chain.h"
#include "request.h"
#include "run.h"

struct parked;

/* A chain that nobody waits for, and all that must live until it is over. */
struct flight {
	struct flight *next;
	struct run run;
	struct request request;
	struct chain chain;
	struct parked *parked; /* NULL: it does not wait */
	char **environ; /* our copy of the program's, which may change meanwhile; NULL: the request
			   has its own */
	int cgroup_fd;
	uint32_t ticket;
	int has_child_ends; /* not closed here yet */
	int told_born;
};

/* Queues the flight's chain, which uring_submit submits. From then on the flight is the uring's.
 * Returns its ticket. */
uint32_t uring_queue(struct uring *uring, struct flight *flight);
/* How many requests it takes, at most. More than URING_MAX_CHAIN is too long. */
uint32_t flight_length(const struct flight *flight);
void flight_free(struct flight *flight);

/* Submits what is queued, takes what has come. Fills at most `capacity` rows and returns how many.
 */
uint32_t uring_submit(struct uring *uring, struct rs_started *out, uint32_t capacity);

/* An fd that becomes readable when completions of a flight have come, until it is hushed. */
int uring_bell(const struct uring *uring);
void uring_hush(struct uring *uring);

#endif
