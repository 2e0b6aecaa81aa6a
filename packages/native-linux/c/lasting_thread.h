/* Threads that give birth in the place of one that may end before the child does. */
#ifndef RS_LASTING_THREAD_H
#define RS_LASTING_THREAD_H

#include <stdint.h>

struct request;

/* Whether the child is to die with its parent, and this thread may end before the process does. */
int needs_lasting_thread(const struct request *request);

/*
 * Runs birth(arg) in a new thread and waits for the end of that call. If *pid is a child by then,
 * the thread lasts until the child has ended. 0 or -errno. Any thread.
 *
 * The kernel sends the signal of PR_SET_PDEATHSIG when the *thread* ends that made the child. What
 * a child inherits is that thread's as well: nice value, CPUs, scheduler, credentials, filters,
 * namespaces and more. A new thread has all of it from the one that calls.
 */
int lasting_thread_run(void (*birth)(void *), void *arg, const int32_t *pid);

#endif
