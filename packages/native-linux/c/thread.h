/* Which fds the end of this thread closes: thread.c says why. */
#ifndef THREAD_H
#define THREAD_H

#include <stdint.h>

#include "ringspawn.h"

/* These do nothing in a thread that never called rs_thread_cleanup. */
void thread_owns(const struct rs_outcome *out);
void thread_owns_fd(int32_t fd);
void thread_disowns(int32_t fd);

#endif
