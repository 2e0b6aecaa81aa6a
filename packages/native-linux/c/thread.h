/* The engine's own threads, and which fds are closed with an environment: thread.c says why. */
#ifndef THREAD_H
#define THREAD_H

#include <pthread.h>
#include <stdint.h>

#include "ringspawn.h"

/* Starts a thread of the engine. 0 or -errno */
int thread_start(pthread_t *thread, void *(*serve)(void *), void *arg);

/* These do nothing for an engine that rs_thread_open has not opened. */
void thread_owns(const struct rs_engine *engine, const struct rs_outcome *out);
void thread_owns_fd(const struct rs_engine *engine, int32_t fd);
/* In the thread that was given the fd. */
void thread_disowns(int32_t fd);

#endif
