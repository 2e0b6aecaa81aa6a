/* variant: thread
 * executor: vfork
 * The thread that takes events, and the bell that it rings: under ThreadSanitizer, without
 * children.
 */
#include <limits.h>
#include <stdatomic.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/syscall.h>

#include "test.h"

/* What the kernel refuses now. Both take the place of libc's own. */
static int has_no_watches;
static atomic_int sends_to_fail;

int epoll_ctl(int epoll_fd, int op, int fd, struct epoll_event *event)
{
	if (has_no_watches && op == EPOLL_CTL_ADD) {
		errno = ENOSPC;
		return -1;
	}
	return (int)syscall(SYS_epoll_ctl, epoll_fd, op, fd, event);
}

ssize_t send(int fd, const void *bytes, size_t len, int flags)
{
	if (sends_to_fail > 0) {
		sends_to_fail--;
		errno = ENOBUFS;
		return -1;
	}
	return syscall(SYS_sendto, fd, bytes, len, flags, NULL, 0);
}

static struct rs_loop *loop;
static int bell;

static void up(void)
{
	CHECK_IS(rs_loop_open(&loop), 0);
	bell = rs_loop_start_fd(loop);
	CHECK(bell > 2);
}

static void down(void)
{
	rs_loop_close(loop);
	close(bell);
}

/* An fd that is always readable. */
static int ready_fd(void)
{
	int fd = eventfd(1, EFD_CLOEXEC | EFD_NONBLOCK);

	CHECK(fd >= 0);
	return fd;
}

/* Waits for the bell, and returns how many bytes had come. */
static int hear(void)
{
	struct pollfd heard = { .fd = bell, .events = POLLIN };
	char bytes[64];

	CHECK_IS(poll(&heard, 1, 30000), 1);
	return rs_read(bell, bytes, sizeof(bytes));
}

static int is_silent(void)
{
	char byte;

	return rs_read(bell, &byte, 1) == -EAGAIN;
}

/* Whether something is in the epoll set that the notifier has not taken. */
static int is_left(void)
{
	struct pollfd set = { .fd = rs_loop_fd(loop), .events = POLLIN };

	return poll(&set, 1, 0) == 1;
}

static void rings_once_for_each(void)
{
	struct rs_event event;
	int fd = ready_fd();

	up();
	CHECK_IS(rs_loop_start_fd(loop), -EALREADY);
	CHECK(fcntl(bell, F_GETFD) & FD_CLOEXEC);
	CHECK(fcntl(bell, F_GETFL) & O_NONBLOCK);
	CHECK(is_silent());
	CHECK_IS(rs_loop_take(loop, &event, 1, -1), 0); /* does not wait */
	for (int i = 0; i < 3000; i++) {
		CHECK_IS(rs_loop_watch(loop, fd, RS_READABLE, (uint32_t)i), 0);
		CHECK_IS(hear(), 1);
		CHECK_IS(rs_loop_take(loop, &event, 1, 0), 1);
		CHECK_IS(event.token, i);
		CHECK_IS(event.ready, RS_READABLE);
		CHECK_IS(rs_loop_take(loop, &event, 1, 0), 0);
		CHECK(is_silent());
	}
	down();
	close(fd);
}

/* What comes while the owner is busy rings no more, and from the third on it is left in the set. */
static void rests_while_the_owner_is_busy(void)
{
	enum { FDS = 500 };
	struct rs_event events[8];
	int fds[FDS], seen[FDS] = { 0 }, left = FDS, got;

	up();
	for (int i = 0; i < FDS; i++) {
		fds[i] = ready_fd();
		CHECK_IS(rs_loop_watch(loop, fds[i], RS_READABLE, (uint32_t)i), 0);
		if (i == 0) {
			/* The byte is not answered. */
			CHECK_IS(hear(), 1);
		} else if (i == 1) {
			for (int ms = 0; ms < 30000 && is_left(); ms++)
				usleep(1000);
			CHECK(!is_left());
		}
	}
	usleep(20000);
	CHECK(is_left());
	CHECK(is_silent());
	got = rs_loop_take(loop, events, 8, 0);
	CHECK_IS(got, 2);
	for (;;) {
		for (int i = 0; i < got; i++) {
			CHECK(!seen[events[i].token]++);
			left--;
		}
		if (left == 0)
			break;
		if (got < 8)
			CHECK(hear() > 0);
		got = rs_loop_take(loop, events, 8, 0);
	}
	CHECK(!is_left());
	down();
	for (int i = 0; i < FDS; i++)
		close(fds[i]);
}

/* Every event comes once, and the owner is woken for each, however slowly it takes them. */
static void loses_nothing(void)
{
	enum { FDS = 200, EVENTS = 200000 };
	struct rs_event events[FDS];
	uint32_t tokens[FDS], next = 1;
	int fds[FDS];

	up();
	for (int i = 0; i < FDS; i++) {
		fds[i] = ready_fd();
		tokens[i] = 0;
	}
	for (int taken = 0, round = 0; taken < EVENTS; round++) {
		uint32_t capacity = round % 7 == 0 ? FDS : 1 + (uint32_t)round % 5;
		int got;

		/* From one fd to all of them are watched. */
		for (int i = 0; i < 1 + round % FDS; i++) {
			if (tokens[i] != 0)
				continue;
			tokens[i] = next++ << 8 | (uint32_t)i;
			CHECK_IS(rs_loop_watch(loop, fds[i], RS_READABLE, tokens[i]), 0);
		}
		got = rs_loop_take(loop, events, capacity, 0);
		for (int i = 0; i < got; i++) {
			CHECK_IS(events[i].token, tokens[events[i].token & 255]);
			tokens[events[i].token & 255] = 0;
		}
		taken += got;
		if (got == 0)
			CHECK(hear() > 0);
	}
	down();
	for (int i = 0; i < FDS; i++)
		close(fds[i]);
}

/* A second event comes at every moment of the take that answers the first. */
static void rings_for_what_comes_meanwhile(void)
{
	int first = ready_fd(), second = ready_fd();
	struct rs_event events[4];

	up();
	for (int i = 0; i < 20000; i++) {
		uint32_t got = 0;

		CHECK_IS(rs_loop_watch(loop, first, RS_READABLE, 1), 0);
		CHECK(hear() > 0);
		CHECK_IS(rs_loop_watch(loop, second, RS_READABLE, 2), 0);
		for (volatile int pause = 0; pause < i % 200 * 100; pause++)
			;
		for (;;) {
			/* None where the byte was for an event that the last round had taken. */
			int count = rs_loop_take(loop, events, 4, 0);

			for (int k = 0; k < count; k++)
				CHECK_IS(events[k].token, ++got);
			if (got == 2)
				break;
			CHECK(hear() > 0);
		}
	}
	down();
	close(first);
	close(second);
}

static void rings_in_spite_of_a_lack_of_memory(void)
{
	struct rs_event event;
	int fd = ready_fd();

	up();
	sends_to_fail = 3;
	CHECK_IS(rs_loop_watch(loop, fd, RS_READABLE, 1), 0);
	CHECK_IS(hear(), 1);
	CHECK_IS(sends_to_fail, 0);
	CHECK_IS(rs_loop_take(loop, &event, 1, 0), 1);
	/* A notifier that cannot ring can be ended. */
	sends_to_fail = INT_MAX;
	CHECK_IS(rs_loop_watch(loop, fd, RS_READABLE, 2), 0);
	usleep(5000);
	down();
	sends_to_fail = 0;
	close(fd);
}

/* The runtime may close its end before the loop is closed. There is no SIGPIPE. */
static void is_left_by_its_listener(void)
{
	int fd = ready_fd();

	up();
	close(bell);
	CHECK_IS(rs_loop_watch(loop, fd, RS_READABLE, 1), 0);
	usleep(20000);
	rs_loop_close(loop);
	close(fd);
}

static void stops_in_every_state(void)
{
	enum { FDS = 200 };
	int fds[FDS];

	for (int i = 0; i < FDS; i++)
		fds[i] = ready_fd();
	/* The thread starts, waits for the first event, has rung, rests; or anything in between. */
	for (int i = 0; i < 1000; i++) {
		up();
		if (i % 2)
			usleep(100);
		for (int k = 0; k < (i % 4 < 2 ? i % 4 : FDS); k++)
			CHECK_IS(rs_loop_watch(loop, fds[k], RS_READABLE, (uint32_t)k), 0);
		for (volatile int pause = 0; pause < (i % 100) * 100; pause++)
			;
		down();
	}
	for (int i = 0; i < FDS; i++)
		close(fds[i]);
}

int main(void)
{
	int before = fd_count();

	rings_once_for_each();
	rests_while_the_owner_is_busy();
	loses_nothing();
	rings_for_what_comes_meanwhile();
	rings_in_spite_of_a_lack_of_memory();
	is_left_by_its_listener();
	stops_in_every_state();
	/* The notifier's own watch may be the one that this user has too many of. */
	for (int i = 0; i < 200; i++) {
		struct rs_event event;
		int fd = ready_fd();

		has_no_watches = 1;
		up();
		has_no_watches = 0;
		for (int k = 0; k < i % 3; k++) {
			CHECK_IS(rs_loop_watch(loop, fd, RS_READABLE, (uint32_t)k), 0);
			CHECK_IS(hear(), 1);
			CHECK_IS(rs_loop_take(loop, &event, 1, 0), 1);
			CHECK_IS(event.token, k);
		}
		down();
		close(fd);
	}
	CHECK_IS(fd_count(), before);
	return 0;
}
