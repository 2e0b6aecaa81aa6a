/*
 * A chain that stops in front of its program: CLONE, the steps, a READ that blocks on an eventfd,
 * chdir, EXECs. What those behind the READ point to is filled in later, at addresses that are fixed
 * from the start.
 */
#ifndef RS_PRESPAWN_H
#define RS_PRESPAWN_H

#include <stdint.h>

#include "pending.h"
#include "request.h"
#include "run.h"

/* What a parked chain's last requests point to. Most of it is never touched, so it costs addresses,
 * not memory. */
#define PARKED_CANDIDATES 64u
#define PARKED_ARGS 131072u
#define PARKED_VARIABLES 16384u
#define PARKED_PATH 4096u
struct parked_room {
	char cwd[PARKED_PATH];
	char paths[PARKED_CANDIDATES][PARKED_PATH];
	const char *argv[PARKED_ARGS];
	const char *envp[PARKED_VARIABLES];
};
/* Behind the steps. */
enum { PARKED_READ, PARKED_CWD, PARKED_EXEC };

struct parked {
	uint32_t gate;   /* the eventfd's number in the child */
	uint32_t places; /* for candidates: as many as the search took when it was parked, for each
			    costs time */
	uint64_t read;   /* where the READ puts what it read */
	struct parked_room *room;
	struct request program; /* what it was given */
	int has_program;
};

/* Makes the flight one that parks. 0 or -errno. */
int flight_park(struct flight *flight, uint32_t gate);
/* Puts its requests. Begins the run. */
void prespawn_put(struct uring *uring, struct run *run, struct parked *parked,
		  const struct chain *chain);
/* Frees what flight_park made. */
void parked_free(struct parked *parked);
/*
 * Gives a parked flight its program and lets it go on, by its eventfd. 0; -ESRCH: it waits no more,
 * or never did; -E2BIG: a list of the program's is too long. If it went well `program` is the
 * flight's, and so is `environ`, a copy of ours for a program that inherits it, else NULL.
 */
int uring_fill(struct uring *uring, uint32_t ticket, const struct request *program, char **environ,
	       int gate_fd);

#endif
