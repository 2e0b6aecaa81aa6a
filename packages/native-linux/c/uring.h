/*
 * The io_uring executor: a chain as one submission of linked requests, which the kernel carries out
 * in the child while the parent goes on. Belongs to the thread that opened it.
 */
#ifndef RS_URING_H
#define RS_URING_H

#include <stdint.h>

#include "chain.h"
#include "request.h"
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

/* Runs the chain to its program or its failure, and waits for that. Fills `out` as vfork_run does.
 */
void uring_run(struct uring *uring, const struct chain *chain, struct rs_outcome *out);

/* A chain on its way. */
struct run {
	const struct chain *chain;
	int parked;        /* its requests are those of a struct parked */
	const char *shell; /* executed with chain->shell_argv instead of the candidates; NULL: they
			      are */
	uint32_t left;     /* completions that are to come; 0: it is over */
	uint32_t places;   /* that were given to CLONE, steps and what follows, done by a request or
			      not */
	int is_listed;     /* the child is born with its fds */
	int32_t pid;       /* 0: not born */
	int pidfd;
	int error; /* why there is no program; 0: there is one, or it is not known yet */
	enum rs_step step;
	uint32_t index;
	int exec_error; /* of the last candidate that was tried in vain */
	uint32_t exec_index;
};

/*
 * A chain that stops in front of its program: CLONE, the steps, a READ that blocks on an eventfd,
 * chdir, EXECs. What those behind the READ point to is filled in later, at addresses that are fixed
 * from the start.
 */
struct parked {
	uint32_t gate;   /* the eventfd's number in the child */
	uint32_t places; /* for candidates: as many as the search took when it was parked, for each
			    costs time */
	uint64_t read;   /* where the READ puts what it read */
	struct parked_room *room;
	struct request program; /* what it was given */
	int has_program;
};

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
void flight_free(struct flight *flight);

/* Makes the flight one that parks. 0 or -errno. */
int flight_park(struct flight *flight, uint32_t gate);
/*
 * Gives a parked flight its program and lets it go on, by its eventfd. 0; -ESRCH: it waits no more,
 * or never did; -E2BIG: a list of the program's is too long. If it went well `program` is the
 * flight's, and so is `environ`, a copy of ours for a program that inherits it, else NULL.
 */
int uring_fill(struct uring *uring, uint32_t ticket, const struct request *program, char **environ,
	       int gate_fd);

/* Submits what is queued, takes what has come. Fills at most `capacity` rows and returns how many.
 */
uint32_t uring_submit(struct uring *uring, struct rs_started *out, uint32_t capacity);

/* An fd that becomes readable when completions of a flight have come, until it is hushed. */
int uring_bell(const struct uring *uring);
void uring_hush(struct uring *uring);

/* Spawns once, down to an exec that must be refused. Fills part and error of `out`. */
void uring_probe(struct rs_probe *out);

#endif
