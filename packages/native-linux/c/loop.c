/*
 * Waiting, by one epoll set for all children and pipes of an environment. Every watch is one-shot,
 * so that an event which was taken does not come again before its owner has dealt with it and asks
 * anew.
 */
#define _GNU_SOURCE
#include <assert.h>
#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#include "fd.h"
#include "kernel.h"
#include "ringspawn.h"
#include "thread.h"

#define FUTEX_WAIT_PRIVATE 128
#define FUTEX_WAKE_PRIVATE 129
/* The most events of one rs_loop_take. A caller that gets so many asks again. */
#define TAKE_MAX 128u

struct rs_loop {
	int epoll_fd;
	int alarm_fd;      /* a timerfd, in the epoll set; -1 until it is first used */
	int stop_fd;       /* an eventfd that stays readable once the loop is to stop */
	uint32_t stopping; /* the same, for the thread that waits for a futex */
	uint32_t notified; /* 1: the owner was told, and has not taken the events yet */
	int has_thread;
	pthread_t thread;
	int socket_fd; /* rs_loop_start_fd: the engine's end of the socket; else -1 */
	void (*notify)(void *);
	void *context;
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
	loop->socket_fd = -1;
	loop->alarm_fd = -1;
	loop->epoll_fd = fd_keep(fd_above_stdio(epoll_create1(EPOLL_CLOEXEC)));
	if (loop->epoll_fd < 0) {
		error = errno;
		free(loop);
		return -error;
	}
	loop->stop_fd = fd_keep(fd_above_stdio(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)));
	if (loop->stop_fd < 0) {
		error = errno;
		fd_close_kept(loop->epoll_fd);
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
	if (loop->has_thread) {
		rs_loop_stop(loop);
		pthread_join(loop->thread, NULL);
	}
	if (loop->socket_fd >= 0)
		fd_close_kept(loop->socket_fd);
	if (loop->alarm_fd >= 0)
		fd_close_kept(loop->alarm_fd);
	fd_close_kept(loop->epoll_fd);
	fd_close_kept(loop->stop_fd);
	free(loop);
}

int rs_loop_watch(struct rs_loop *loop, int32_t fd, uint32_t ready, uint64_t token)
{
	struct epoll_event event = { .events = EPOLLONESHOT, .data.u64 = token };

	if (loop == NULL)
		return -EFAULT;
	if (ready == 0 || (ready & ~(uint32_t)(RS_READABLE | RS_WRITABLE)))
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

int rs_loop_take(struct rs_loop *loop, struct rs_event *out, uint32_t capacity, int32_t timeout_ms)
{
	struct epoll_event events[TAKE_MAX];
	int count;

	if (loop == NULL)
		return -EFAULT;
	if (out == NULL || capacity == 0)
		return -EINVAL;
	count = wait_events(loop->epoll_fd, events,
			    (int)(capacity < TAKE_MAX ? capacity : TAKE_MAX), timeout_ms);
	assert(count <= (int)TAKE_MAX && (count < 0 || (uint32_t)count <= capacity));
	for (int i = 0; i < count; i++) {
		uint32_t ready = 0;

		if (events[i].events & (EPOLLIN | EPOLLHUP | EPOLLERR))
			ready |= RS_READABLE;
		if (events[i].events & (EPOLLOUT | EPOLLHUP | EPOLLERR))
			ready |= RS_WRITABLE;
		out[i] = (struct rs_event){ .token = events[i].data.u64, .ready = ready };
	}
	return count;
}

static int open_alarm(struct rs_loop *loop)
{
	/* Each time it goes off it gives one event, without being read or asked for anew. */
	struct epoll_event event = { .events = EPOLLIN | EPOLLET, .data.u64 = 0 };
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

int rs_loop_wait(struct rs_loop *loop)
{
	struct pollfd fds[2] = { { .events = POLLIN }, { .events = POLLIN } };
	int ret;

	if (loop == NULL)
		return -EFAULT;
	fds[0].fd = loop->stop_fd;
	fds[1].fd = loop->epoll_fd;
	do
		ret = poll(fds, 2, -1);
	while (ret < 0 && errno == EINTR);
	if (ret < 0)
		return -errno;
	return fds[0].revents == 0;
}

static void wake(struct rs_loop *loop)
{
	if (__atomic_exchange_n(&loop->notified, 0, __ATOMIC_SEQ_CST) == 1)
		sys3(SYS_futex, (long)&loop->notified, FUTEX_WAKE_PRIVATE, 1);
}

void rs_loop_stop(struct rs_loop *loop)
{
	uint64_t one = 1;

	if (loop == NULL)
		return;
	__atomic_store_n(&loop->stopping, 1, __ATOMIC_SEQ_CST);
	/* The write can only fail with EAGAIN, and then the eventfd is readable already. */
	if (write(loop->stop_fd, &one, sizeof(one)) < 0)
		errno = 0;
	wake(loop);
}

void rs_loop_taken(struct rs_loop *loop)
{
	if (loop != NULL)
		wake(loop);
}

static void *serve(void *arg)
{
	struct rs_loop *loop = arg;

	while (rs_loop_wait(loop) == 1) {
		/* `notified` is set before the call, because the owner may have taken everything by
		 * the time notify returns. */
		__atomic_store_n(&loop->notified, 1, __ATOMIC_SEQ_CST);
		loop->notify(loop->context);
		/* rs_loop_stop sets `stopping` before it wakes: so this thread sees it. */
		while (__atomic_load_n(&loop->notified, __ATOMIC_SEQ_CST) == 1 &&
		       __atomic_load_n(&loop->stopping, __ATOMIC_SEQ_CST) == 0)
			sys6(SYS_futex, (long)&loop->notified, FUTEX_WAIT_PRIVATE, 1, 0, 0, 0);
	}
	return NULL;
}

int rs_loop_start(struct rs_loop *loop, void (*notify)(void *), void *context)
{
	int error;

	if (loop == NULL || notify == NULL)
		return -EFAULT;
	if (loop->has_thread)
		return -EALREADY;
	loop->notify = notify;
	loop->context = context;
	error = thread_start(&loop->thread, serve, loop);
	loop->has_thread = error == 0;
	return error;
}

static void send_byte(void *context)
{
	struct rs_loop *loop = context;

	/* At most one byte is under way, so there is room for it. The call only fails when the
	 * runtime has closed its end. */
	if (send(loop->socket_fd, "", 1, MSG_NOSIGNAL | MSG_DONTWAIT) < 0)
		errno = 0;
}

int rs_loop_start_fd(struct rs_loop *loop)
{
	int ends[2], error;

	if (loop == NULL)
		return -EFAULT;
	if (loop->has_thread)
		return -EALREADY;
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends) != 0)
		return -errno;
	ends[0] = fd_above_stdio(ends[0]);
	ends[1] = fd_above_stdio(ends[1]);
	error = ends[0] < 0 || ends[1] < 0 ? -EMFILE : 0;
	if (error == 0) {
		loop->socket_fd = fd_keep(ends[1]);
		error = rs_loop_start(loop, send_byte, loop);
	}
	if (error == 0)
		return ends[0];
	loop->socket_fd = -1;
	if (ends[0] >= 0)
		close(ends[0]);
	if (ends[1] >= 0)
		fd_close_kept(ends[1]);
	return error;
}
