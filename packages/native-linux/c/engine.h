/* What the spawns of one environment share. */
#ifndef RS_ENGINE_H
#define RS_ENGINE_H

#include <stddef.h>
#include <stdint.h>

#include "environ.h"
#include "low_fds.h"

struct thread_env;
struct uring;

struct rs_engine {
	int null_fd;       /* /dev/null, which every "null" slot dups; -1: not opened yet */
	uint64_t ignored;  /* signals that this process ignored when the engine was opened, and
			      SIGPIPE */
	int small_tables;  /* a child may be born with CLONE_FILES and copy only the fds it needs */
	void *stack;       /* for one child at a time, because every birth by vfork is waited for */
	size_t stack_size; /* with its guard page */
	struct environ_copy environ;
	struct low_fds low;
	struct uring *uring;     /* of rs_spawn and rs_queue; NULL until it is first used */
	struct uring *prespawns; /* of rs_prespawn; NULL until it is first used */
	struct thread_env *env;  /* which has the fds that this gives; NULL: the caller keeps count
				    of them */
};

static inline void *engine_stack_top(const struct rs_engine *engine)
{
	return (char *)engine->stack + engine->stack_size;
}

/* The engine's /dev/null, or -errno: not every machine has one. */
int engine_null_fd(struct rs_engine *engine);

/* A stack for a child. The guard page below it keeps an overflow out of the program's memory. NULL:
 * errno says why. */
void *stack_map(size_t *size);

#endif
