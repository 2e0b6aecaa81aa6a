/* The engine's own threads, and which fds the end of this thread closes: thread.c says why. */
#ifndef THREAD_H
#define THREAD_H

#include <pthread.h>
#include <stdint.h>

#include "ringspawn.h"

/* Starts a thread of the engine. 0 or -errno */
int thread_start(pthread_t *thread, void *(*serve)(void *), void *arg);

/* These do nothing in a thread that never called rs_thread_open. */
void thread_owns(const struct rs_outcome *out);
void thread_owns_fd(int32_t fd);
void thread_disowns(int32_t fd);

#endif
