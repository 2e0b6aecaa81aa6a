/* Reads, writes and closes for the caller, and the fds that are made for it. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#include "fd.h"
#include "kernel.h"
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

struct fd_path fd_path_of(int fd)
{
	struct fd_path path;

	snprintf(path.text, sizeof(path.text), "/proc/thread-self/fd/%d", fd);
	return path;
}

/* A bit for each number; numbers beyond are not told apart. */
enum { NUMBERS = 65536 };
static uint64_t kept[NUMBERS / 64];

int fd_keep(int fd)
{
	if (fd >= 0 && fd < NUMBERS)
		__atomic_fetch_or(&kept[fd / 64], UINT64_C(1) << fd % 64, __ATOMIC_RELAXED);
	return fd;
}

int fd_is_kept(int fd)
{
	return fd >= 0 && fd < NUMBERS &&
	       (__atomic_load_n(&kept[fd / 64], __ATOMIC_RELAXED) >> fd % 64 & 1) != 0;
}

void fd_close_kept(int fd)
{
	if (fd >= 0 && fd < NUMBERS)
		__atomic_fetch_and(&kept[fd / 64], ~(UINT64_C(1) << fd % 64), __ATOMIC_RELAXED);
	close(fd);
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

static int sigpipe_is_ignored(void)
{
	struct sigaction now;

	return sigaction(SIGPIPE, NULL, &now) == 0 && now.sa_handler == SIG_IGN;
}

/* The signal is blocked for this thread, which alone gets it, and taken away; but for one that was
 * pending before. */
static ssize_t write_masked(int fd, const void *from, size_t len)
{
	const struct timespec at_once = { 0 };
	sigset_t sigpipe, before, pending;
	ssize_t ret;
	int error;

	sigemptyset(&sigpipe);
	sigaddset(&sigpipe, SIGPIPE);
	pthread_sigmask(SIG_BLOCK, &sigpipe, &before);
	sigpending(&pending);
	ret = write(fd, from, len);
	error = errno;
	if (ret < 0 && error == EPIPE && !sigismember(&pending, SIGPIPE))
		sigtimedwait(&sigpipe, NULL, &at_once);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	errno = error;
	return ret;
}

/* A write that raises no SIGPIPE, whatever the program has made of that signal by now. */
static ssize_t write_quietly(int fd, const void *from, size_t len)
{
	static int is_refused; /* RWF_NOSIGNAL, which Linux 6.18 has, or the call itself */
	struct iovec part = { .iov_base = (void *)from, .iov_len = len };
	ssize_t ret;

	if (!__atomic_load_n(&is_refused, __ATOMIC_RELAXED)) {
		ret = sys6(SYS_pwritev2, fd, (long)&part, 1, -1, 0, KERNEL_RWF_NOSIGNAL);
		if (ret >= 0)
			return ret;
		errno = (int)-ret;
		if (errno != EOPNOTSUPP && errno != ENOSYS && errno != EPERM)
			return -1;
		__atomic_store_n(&is_refused, 1, __ATOMIC_RELAXED);
	}
	return sigpipe_is_ignored() ? write(fd, from, len) : write_masked(fd, from, len);
}

int32_t rs_write(int32_t fd, const void *from, uint32_t len)
{
	ssize_t ret;

	do
		ret = write_quietly(fd, from, len > INT32_MAX ? INT32_MAX : len);
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

int32_t rs_hung_up(int32_t fd)
{
	/* Both events are told without being asked for: a pipe without readers has an error. */
	struct pollfd end = { .fd = fd };
	int ret;

	/* poll passes over a negative number, and tells of another that is no fd by an event. */
	if (fd < 0)
		return -EBADF;
	do
		ret = poll(&end, 1, 0);
	while (ret < 0 && errno == EINTR);
	if (end.revents & POLLNVAL)
		return -EBADF;
	return ret < 0 ? -errno : (end.revents & (POLLHUP | POLLERR)) != 0;
}

int32_t rs_send(int32_t fd, const void *from, uint32_t len)
{
	ssize_t ret;

	do
		ret = send(fd, from, len > INT32_MAX ? INT32_MAX : len, MSG_NOSIGNAL);
	while (ret < 0 && errno == EINTR);
	if (ret < 0 && errno == ENOTSOCK)
		return rs_write(fd, from, len);
	return ret < 0 ? -errno : (int32_t)ret;
}

/* A shutdown fails for what is no socket or has lost its other end, where there is nothing to say.
 */
int32_t rs_shutdown_write(int32_t fd)
{
	shutdown(fd, SHUT_WR);
	return rs_close(fd);
}

int32_t rs_shutdown_read(int32_t fd)
{
	char unread[4096];

	/* Nothing can be added to what is unread now. Left there, it would make the other end's
	 * last read fail with ECONNRESET, where the end of what we have sent should be. */
	if (shutdown(fd, SHUT_RD) == 0)
		while (recv(fd, unread, sizeof(unread), MSG_DONTWAIT) > 0)
			;
	return rs_close(fd);
}

int32_t rs_release(int32_t fd)
{
	thread_disowns(fd);
	return 0;
}
