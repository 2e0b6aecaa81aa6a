/*
 * For a runtime that cannot wait for an epoll set in its own event loop: a thread waits for the
 * set, takes the events into a queue, and rings by a byte on a socket. The owner hears the byte and
 * takes the events from the queue, for which it makes no system call.
 *
 * The notifier alone adds to the queue and moves `tail`; the owner alone removes and moves `head`.
 * Both count all events that ever were, and wrap around. An event is written before `tail` moves
 * over it, and read before `head` does.
 *
 * A byte that the owner has not answered yet stands for what comes after it as well. So where more
 * comes meanwhile the owner is busy, and the notifier rests until the queue is empty, instead of
 * waking for each event. What comes then waits in the epoll set, and is taken together.
 *
 * Each of the two hand-overs is by two words that one side writes and then reads the other's:
 * `tail` and `is_rung`, `head` and `is_resting`. All of these are sequentially consistent, so at
 * least one side sees what the other has written: the owner finds the event or the notifier rings
 * again, the notifier finds the queue empty or the owner wakes it.
 */
#define _GNU_SOURCE
#include <assert.h>
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "events.h"
#include "fd.h"
#include "kernel.h"
#include "notifier.h"
#include "thread.h"

#define FUTEX_WAIT_PRIVATE 128
#define FUTEX_WAKE_PRIVATE 129

/* The most events that are taken from the epoll set at once. */
#define BATCH 64u
/* The most in the queue: what is there when the owner takes slowly, and a batch. It divides 2^32.
 */
#define ROOM (2 * BATCH)

struct notifier {
	pthread_t thread;
	int epoll_fd;
	int socket_fd; /* this end. Its hang-up ends the thread */
	int is_in_set; /* the epoll set has that end as well */
	uint32_t head, tail;
	uint32_t is_rung;    /* a byte was sent, and the owner has not begun to take since */
	uint32_t is_resting; /* the notifier waits until the queue is empty */
	uint32_t is_stopping;
	struct rs_event events[ROOM];
};

static uint32_t load(const uint32_t *word)
{
	return __atomic_load_n(word, __ATOMIC_SEQ_CST);
}

static void store(uint32_t *word, uint32_t value)
{
	__atomic_store_n(word, value, __ATOMIC_SEQ_CST);
}

static void wake(struct notifier *n)
{
	if (__atomic_exchange_n(&n->is_resting, 0, __ATOMIC_SEQ_CST) == 1)
		sys3(SYS_futex, (long)&n->is_resting, FUTEX_WAKE_PRIVATE, 1);
}

static void rest(struct notifier *n)
{
	store(&n->is_resting, 1);
	while (load(&n->head) != n->tail && !load(&n->is_stopping)) {
		sys6(SYS_futex, (long)&n->is_resting, FUTEX_WAIT_PRIVATE, 1, 0, 0, 0);
		store(&n->is_resting, 1);
	}
	store(&n->is_resting, 0);
}

static void send_byte(struct notifier *n)
{
	const struct timespec a_moment = { .tv_nsec = 1000000 };

	/* Few bytes are under way, so there is room for it. A lack of memory passes. Other failures
	 * mean that the runtime has closed its end. */
	while (send(n->socket_fd, "", 1, MSG_NOSIGNAL | MSG_DONTWAIT) < 0 &&
	       (errno == ENOBUFS || errno == ENOMEM) && !load(&n->is_stopping))
		nanosleep(&a_moment, NULL);
}

/* Waits until the epoll set has events. 0: the thread is to end. */
static int wait_without_set(struct notifier *n)
{
	struct pollfd fds[2] = {
		{ .fd = n->socket_fd },
		{ .fd = n->epoll_fd, .events = POLLIN },
	};
	int ret;

	do
		ret = poll(fds, 2, -1);
	while (ret < 0 && errno == EINTR);
	return ret > 0 && fds[0].revents == 0;
}

/* Waits for events and takes them into the queue. Returns their number; or 0 at the end. */
static uint32_t take_in(struct notifier *n)
{
	struct rs_event events[BATCH];
	int count;

	do {
		if (!n->is_in_set && !wait_without_set(n))
			return 0;
		count = events_wait(n->epoll_fd, events, BATCH, n->is_in_set ? -1 : 0);
	} while (count == 0);
	for (int i = 0; i < count; i++) {
		if (events[i].token == NOTIFIER_TOKEN)
			return 0;
		n->events[(n->tail + (uint32_t)i) % ROOM] = events[i];
	}
	/* A failure means that something of the program has closed the epoll set. */
	return count < 0 ? 0 : (uint32_t)count;
}

static void *serve(void *arg)
{
	struct notifier *n = arg;
	uint32_t count;

	while (!load(&n->is_stopping) && (count = take_in(n)) > 0) {
		uint32_t was_rung;

		store(&n->tail, n->tail + count);
		was_rung = __atomic_exchange_n(&n->is_rung, 1, __ATOMIC_SEQ_CST);
		if (!was_rung)
			send_byte(n);
		if (was_rung || n->tail - load(&n->head) > ROOM - BATCH)
			rest(n);
	}
	return NULL;
}

uint32_t notifier_take(struct notifier *n, struct rs_event *out, uint32_t capacity)
{
	uint32_t count;

	store(&n->is_rung, 0);
	count = load(&n->tail) - n->head;
	assert(count <= ROOM);
	if (count > capacity)
		count = capacity;
	for (uint32_t i = 0; i < count; i++)
		out[i] = n->events[(n->head + i) % ROOM];
	store(&n->head, n->head + count);
	wake(n);
	return count;
}

/* The listener's end, or -errno. */
static int open_socket(struct notifier *n)
{
	int ends[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends) != 0)
		return -errno;
	ends[0] = fd_above_stdio(ends[0]);
	ends[1] = fd_above_stdio(ends[1]);
	if (ends[0] >= 0 && ends[1] >= 0) {
		n->socket_fd = fd_keep(ends[1]);
		return ends[0];
	}
	for (int i = 0; i < 2; i++)
		if (ends[i] >= 0)
			close(ends[i]);
	return -EMFILE;
}

int notifier_start(struct notifier **out, int epoll_fd)
{
	/* A hang-up is told without being asked for. */
	struct epoll_event hang_up = { .events = EPOLLONESHOT, .data.u32 = NOTIFIER_TOKEN };
	struct notifier *n = calloc(1, sizeof(*n));
	int listener, error;

	if (n == NULL)
		return -ENOMEM;
	n->epoll_fd = epoll_fd;
	listener = open_socket(n);
	if (listener < 0) {
		free(n);
		return listener;
	}
	/* Refused, as it is where this user has too many watches (ENOSPC), the thread waits for
	 * both at the cost of one more call. */
	n->is_in_set = epoll_ctl(epoll_fd, EPOLL_CTL_ADD, n->socket_fd, &hang_up) == 0;
	error = thread_start(&n->thread, serve, n);
	if (error == 0) {
		*out = n;
		return listener;
	}
	/* Another thread's child may hold a copy of the fd, which would keep it in the set. */
	if (n->is_in_set)
		epoll_ctl(epoll_fd, EPOLL_CTL_DEL, n->socket_fd, &hang_up);
	close(listener);
	fd_close_kept(n->socket_fd);
	free(n);
	return error;
}

void notifier_stop(struct notifier *n)
{
	store(&n->is_stopping, 1);
	wake(n);
	shutdown(n->socket_fd, SHUT_RDWR);
	pthread_join(n->thread, NULL);
	fd_close_kept(n->socket_fd);
	free(n);
}
