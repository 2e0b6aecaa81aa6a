/* Puts the requests of a chain. The ring has room for all of them. */
#ifndef RS_SQE_H
#define RS_SQE_H

#include <stdint.h>

#include "run.h"

struct step_call;

/* CLONE and the steps, which every chain begins with. */
void sqe_put_birth(struct uring *uring, struct run *run);
/* A whole chain, with the candidates or the shell. Begins the run. */
void sqe_put_chain(struct uring *uring, struct run *run, const struct chain *chain,
		   const char *shell);

/* One request each. */
struct sqe *sqe_put(struct uring *uring, struct run *run, uint8_t opcode, uint8_t flags);
struct sqe *sqe_put_call(struct uring *uring, struct run *run, const struct step_call *call);
void sqe_put_exec(struct uring *uring, struct run *run, const char *path, const char *const *argv,
		  uint8_t flags);

#endif
