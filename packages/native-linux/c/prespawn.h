/*
 * A chain that stops in front of its program: CLONE, the steps, a READ that blocks on an eventfd, a
 * chdir, EXECs. What the requests behind the READ point to is filled in later, at addresses that
 * are fixed when the chain is submitted.
 */
#ifndef RS_PRESPAWN_H
#define RS_PRESPAWN_H

#include <stdint.h>

#include "pending.h"
#include "request.h"
#include "run.h"

/* What the requests behind the READ point to. Most of it is never touched, so it costs addresses
 * and no memory. */
#define PRESPAWN_CANDIDATES 64u
#define PRESPAWN_ARGS 131072u
#define PRESPAWN_VARIABLES 16384u
#define PRESPAWN_PATH 4096u
struct prespawn_memory {
	char cwd[PRESPAWN_PATH];
	char paths[PRESPAWN_CANDIDATES][PRESPAWN_PATH];
	const char *argv[PRESPAWN_ARGS];
	const char *envp[PRESPAWN_VARIABLES];
};
/* The places behind the steps. */
enum { PRESPAWN_READ, PRESPAWN_CWD, PRESPAWN_EXEC };

struct prespawn {
	uint32_t release; /* the number of the eventfd in the child */
	uint32_t places;  /* EXEC requests; not more than needed, since each costs time */
	uint64_t read;    /* where the READ puts what it read */
	struct prespawn_memory *memory;
	struct request program; /* what the child was given */
	int has_program;
};

/* Makes the pending chain, which is not queued yet, one that waits for its program. 0 or -errno. */
int prespawn_init(struct pending *pending, uint32_t release);
/* Begins a run, and puts all of its requests. */
void prespawn_put(struct uring *uring, struct run *run, struct prespawn *prespawn,
		  const struct chain *chain);
/* Frees what prespawn_init has made. */
void prespawn_free(struct prespawn *prespawn);
/*
 * Gives a prespawned child its program, and releases it by its eventfd. 0; -ESRCH: no child with
 * this ticket waits; -E2BIG: a list or a path of the program is too long. After 0 the child's chain
 * owns `program`, and `environ`: a copy of this process's for a program that inherits it, else
 * NULL.
 */
int prespawn_exec(struct uring *uring, uint32_t ticket, const struct request *program,
		  char **environ, int release_fd);

#endif
