/* Puts the requests of a chain into a ring that has room for all of them. */
#ifndef RS_SQE_H
#define RS_SQE_H

#include <stdint.h>

#include "run.h"

struct step_call;

/* Puts CLONE and the steps, with which every chain begins. */
void sqe_put_birth(struct uring *uring, struct run *run);
/* Begins a run, and puts the whole chain, with its candidates or with the shell in their place. */
void sqe_put_chain(struct uring *uring, struct run *run, const struct chain *chain,
		   const char *shell);

/* Each puts one request. */
struct sqe *sqe_put(struct uring *uring, struct run *run, uint8_t opcode, uint8_t flags);
struct sqe *sqe_put_call(struct uring *uring, struct run *run, const struct step_call *call);
void sqe_put_exec(struct uring *uring, struct run *run, const char *path, const char *const *argv,
		  uint8_t flags);

#endif
