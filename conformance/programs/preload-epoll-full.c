/*
 * A library for LD_PRELOAD. epoll refuses every watch of the native engine with ENOSPC, as it does
 * where a user has as many watches as fs.epoll.max_user_watches allows. Only the engine's are for
 * one shot and level-triggered; those of the runtimes go through.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <sys/epoll.h>
#include <sys/syscall.h>
#include <unistd.h>

int epoll_ctl(int epoll_fd, int op, int fd, struct epoll_event *event)
{
	if (op == EPOLL_CTL_ADD && (event->events & EPOLLONESHOT) && !(event->events & EPOLLET)) {
		errno = ENOSPC;
		return -1;
	}
	return (int)syscall(SYS_epoll_ctl, epoll_fd, op, fd, event);
}
