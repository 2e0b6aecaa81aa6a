/* Which executor carries a chain out. */
#ifndef RS_POSIX_EXECUTOR_H
#define RS_POSIX_EXECUTOR_H

#include "posix_hooks.h"

/* What serves a call. A higher number is to be preferred, and the lowest is always there. */
enum server { BY_LIBC, BY_VFORK, BY_IO_URING };

/*
 * Runs the chain by the best server that can do it and that is not above `most`. BY_LIBC: no
 * executor can; nothing was started.
 */
enum server executor_run(enum server most, const struct chain *chain, void *stack_top,
			 struct rs_outcome *out);

#endif
