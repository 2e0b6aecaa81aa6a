#ifndef RS_EVENTS_H
#define RS_EVENTS_H

#include <stdint.h>

#include "ringspawn.h"

/* The most events of one wait. A caller that gets so many asks again. */
#define EVENTS_MAX 128u

/* Waits for an epoll set as rs_loop_take does, and takes its events. Returns their number, or
 * -errno. Any thread. */
int events_wait(int epoll_fd, struct rs_event *out, uint32_t capacity, int32_t timeout_ms);

#endif
