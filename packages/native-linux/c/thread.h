/* What this thread will leave behind: see thread.c. */
#ifndef THREAD_H
#define THREAD_H

#include <stdint.h>

#include "ringspawn.h"

/* They do nothing in a thread that never called rs_thread_cleanup. */
void thread_owns(const struct rs_outcome *out);
void thread_owns_pidfd(int32_t pidfd);
void thread_gave_up(int32_t fd);

#endif
