/* The thread that takes the events of an epoll set: notifier.c says what it does with them. */
#ifndef RS_NOTIFIER_H
#define RS_NOTIFIER_H

#include <stdint.h>

#include "ringspawn.h"

struct notifier;

/* The token of the notifier's own watch, which no other has. */
#define NOTIFIER_TOKEN UINT32_MAX

/* Returns the listener's end of the socket, or -errno. `epoll_fd` stays the caller's, and outlives
 * the notifier. */
int notifier_start(struct notifier **out, int epoll_fd);
/* Ends the thread, and forgets what was not taken. */
void notifier_stop(struct notifier *notifier);
/* Takes up to `capacity` of the events that the thread has taken, without waiting and without a
 * system call. For one thread at a time. */
uint32_t notifier_take(struct notifier *notifier, struct rs_event *out, uint32_t capacity);

#endif
