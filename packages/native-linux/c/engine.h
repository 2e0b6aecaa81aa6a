/* What an environment's spawns share. */
#ifndef RS_ENGINE_H
#define RS_ENGINE_H

#include <stddef.h>
#include <stdint.h>

struct uring;

struct rs_engine {
	int null_fd;      /* /dev/null, kept open: every "null" slot dups it */
	uint64_t ignored; /* signals this process ignored when the engine was opened; SIGPIPE always
			   */
	int small_tables; /* a child may be born with CLONE_FILES and copy only the fds it needs */
	void *stack;      /* the children's; one at a time, since each birth is waited for */
	size_t stack_size;     /* with its guard page */
	struct uring *uring;   /* NULL until it is first used, as the next */
	struct uring *parking; /* for chains that wait for their program */
};

static inline void *engine_stack_top(const struct rs_engine *engine)
{
	return (char *)engine->stack + engine->stack_size;
}

/* A stack for a child, with a guard page below: a bug must not write into the program's memory.
 * NULL: errno */
void *stack_map(size_t *size);

#endif
