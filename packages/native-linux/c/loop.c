/*
 * Waiting, by one epoll set for all children and pipes of an environment. Every watch is one-shot,
 * so that an event which was taken does not come again before its owner has dealt with it and asks
 * anew.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#include "events.h"
#include "fd.h"
#include "notifier.h"
#include "ringspawn.h"

struct rs_loop {
	int epoll_fd;
	int alarm_fd;              /* a timerfd, in the epoll set; -1 until it is first used */
	struct notifier *notifier; /* NULL: the owner waits for the epoll set itself */
};

int rs_loop_open(struct rs_loop **out)
{
	struct rs_loop *loop;
	int error;

	if (out == NULL)
		return -EFAULT;
	*out = NULL;
	loop = calloc(1, sizeof(*loop));
	if (loop == NULL)
		return -ENOMEM;
	loop->alarm_fd = -1;
	loop->epoll_fd = fd_keep(fd_above_stdio(epoll_create1(EPOLL_CLOEXEC)));
	if (loop->epoll_fd < 0) {
		error = errno;
		free(loop);
		return -error;
	}
	*out = loop;
	return 0;
}

void rs_loop_close(struct rs_loop *loop)
{
	if (loop == NULL)
		return;
	if (loop->notifier != NULL)
		notifier_stop(loop->notifier);
	if (loop->alarm_fd >= 0)
		fd_close_kept(loop->alarm_fd);
	fd_close_kept(loop->epoll_fd);
	free(loop);
}

int rs_loop_watch(struct rs_loop *loop, int32_t fd, uint32_t ready, uint32_t token)
{
	struct epoll_event event = { .events = EPOLLONESHOT, .data.u32 = token };

	if (loop == NULL)
		return -EFAULT;
	if (ready == 0 || (ready & ~(uint32_t)(RS_READABLE | RS_WRITABLE)) ||
	    token == NOTIFIER_TOKEN)
		return -EINVAL;
	if (ready & RS_READABLE)
		event.events |= EPOLLIN;
	if (ready & RS_WRITABLE)
		event.events |= EPOLLOUT;
	/* ADD comes first, because a pidfd is watched once. Only a pipe may be there already. */
	if (epoll_ctl(loop->epoll_fd, EPOLL_CTL_ADD, fd, &event) == 0)
		return 0;
	if (errno == EEXIST && epoll_ctl(loop->epoll_fd, EPOLL_CTL_MOD, fd, &event) == 0)
		return 0;
	return -errno;
}

int rs_loop_forget(struct rs_loop *loop, int32_t fd)
{
	struct epoll_event unused = { 0 };

	if (loop == NULL)
		return -EFAULT;
	return epoll_ctl(loop->epoll_fd, EPOLL_CTL_DEL, fd, &unused) == 0 ? 0 : -errno;
}

int rs_loop_take(struct rs_loop *loop, struct rs_event *out, uint32_t capacity, int32_t timeout_ms)
{
	if (loop == NULL)
		return -EFAULT;
	if (out == NULL || capacity == 0)
		return -EINVAL;
	if (loop->notifier != NULL)
		return (int)notifier_take(loop->notifier, out, capacity);
	return events_wait(loop->epoll_fd, out, capacity, timeout_ms);
}

static int open_alarm(struct rs_loop *loop)
{
	/* Each time it goes off it gives one event, without being read or asked for anew. */
	struct epoll_event event = { .events = EPOLLIN | EPOLLET, .data.u32 = 0 };
	int fd = fd_above_stdio(timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK));

	if (fd < 0)
		return -errno;
	if (epoll_ctl(loop->epoll_fd, EPOLL_CTL_ADD, fd, &event) != 0) {
		int error = errno;

		close(fd);
		return -error;
	}
	loop->alarm_fd = fd_keep(fd);
	return 0;
}

int rs_loop_alarm(struct rs_loop *loop, uint32_t ms)
{
	/* A time of 0 would mean never. */
	struct itimerspec when = { .it_value = { .tv_sec = ms / 1000,
						 .tv_nsec = ms % 1000 * 1000000 + 1 } };
	int error = loop == NULL ? -EFAULT : loop->alarm_fd < 0 ? open_alarm(loop) : 0;

	if (error != 0)
		return error;
	return timerfd_settime(loop->alarm_fd, 0, &when, NULL) == 0 ? 0 : -errno;
}

int rs_now(double *ms)
{
	struct timespec now;

	if (ms == NULL)
		return -EFAULT;
	clock_gettime(CLOCK_MONOTONIC, &now);
	*ms = (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
	return 0;
}

int rs_loop_fd(const struct rs_loop *loop)
{
	return loop == NULL ? -EFAULT : loop->epoll_fd;
}

int rs_loop_start_fd(struct rs_loop *loop)
{
	if (loop == NULL)
		return -EFAULT;
	return loop->notifier != NULL ? -EALREADY : notifier_start(&loop->notifier, loop->epoll_fd);
}
