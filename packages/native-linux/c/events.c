#define _GNU_SOURCE
#include <assert.h>
#include <errno.h>
#include <sys/epoll.h>
#include <time.h>

#include "events.h"

static int64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* epoll_wait, which goes on after a signal. */
static int wait_events(int epoll_fd, struct epoll_event *events, int count, int32_t timeout_ms)
{
	int64_t deadline = timeout_ms > 0 ? now_ms() + timeout_ms : 0;
	int ret;

	for (;;) {
		ret = epoll_wait(epoll_fd, events, count, timeout_ms);
		if (ret >= 0 || errno != EINTR)
			return ret < 0 ? -errno : ret;
		if (timeout_ms > 0) {
			int64_t left = deadline - now_ms();

			timeout_ms = left > 0 ? (int32_t)left : 0;
		}
	}
}

int events_wait(int epoll_fd, struct rs_event *out, uint32_t capacity, int32_t timeout_ms)
{
	struct epoll_event events[EVENTS_MAX];
	int count = wait_events(epoll_fd, events,
				(int)(capacity < EVENTS_MAX ? capacity : EVENTS_MAX), timeout_ms);

	assert(count <= (int)EVENTS_MAX && (count < 0 || (uint32_t)count <= capacity));
	for (int i = 0; i < count; i++) {
		uint32_t ready = 0;

		if (events[i].events & (EPOLLIN | EPOLLHUP | EPOLLERR))
			ready |= RS_READABLE;
		if (events[i].events & (EPOLLOUT | EPOLLHUP | EPOLLERR))
			ready |= RS_WRITABLE;
		out[i] = (struct rs_event){ .token = events[i].data.u32, .ready = ready };
	}
	return count;
}
