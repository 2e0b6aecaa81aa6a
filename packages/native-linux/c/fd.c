/* Reads, writes and closes for the caller, and the fds that are made for it. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "fd.h"
#include "pipe.h"
#include "ringspawn.h"
#include "thread.h"

int pidfd_above_stdio(int pidfd)
{
	int moved = pidfd >= 0 && pidfd <= 2 ? fcntl(pidfd, F_DUPFD_CLOEXEC, 3) : -1;

	if (moved < 0)
		return pidfd;
	close(pidfd);
	return moved;
}

int rs_eventfd(void)
{
	int fd = fd_above_stdio(eventfd(0, EFD_CLOEXEC));

	return fd < 0 ? -errno : fd;
}

int32_t rs_read(int32_t fd, void *into, uint32_t len)
{
	ssize_t ret;

	do
		ret = read(fd, into, len > INT32_MAX ? INT32_MAX : len);
	while (ret < 0 && errno == EINTR);
	return ret < 0 ? -errno : (int32_t)ret;
}

int32_t rs_write(int32_t fd, const void *from, uint32_t len)
{
	ssize_t ret;

	do
		ret = write(fd, from, len > INT32_MAX ? INT32_MAX : len);
	while (ret < 0 && errno == EINTR);
	return ret < 0 ? -errno : (int32_t)ret;
}

/* close is not made again after EINTR: on Linux the number is free by then, and may already belong
 * to another thread. */
int32_t rs_close(int32_t fd)
{
	thread_disowns(fd);
	return close(fd) == 0 || errno == EINTR ? 0 : -errno;
}
