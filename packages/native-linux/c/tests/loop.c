/* executor: vfork
 * The waiting mechanism: one-shot watches, time limits, the notifying thread, and stopping in every
 * state. */
#include <pthread.h>
#include <sys/socket.h>
#include <time.h>

#include "test.h"

static struct rs_loop *loop_new(void)
{
	struct rs_loop *loop;

	CHECK_IS(rs_loop_open(&loop), 0);
	return loop;
}

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void watches_once(void)
{
	struct rs_loop *loop = loop_new();
	struct rs_event events[4];
	int fds[2];

	CHECK(pipe2(fds, O_CLOEXEC | O_NONBLOCK) == 0);
	CHECK_IS(rs_loop_watch(loop, fds[0], RS_READABLE, 77), 0);
	CHECK_IS(rs_loop_take(loop, events, 4, 0), 0);
	CHECK(write(fds[1], "x", 1) == 1);
	CHECK_IS(rs_loop_take(loop, events, 4, -1), 1);
	CHECK_IS(events[0].token, 77);
	CHECK_IS(events[0].ready, RS_READABLE);
	CHECK_IS(rs_loop_take(loop, events, 4, 0), 0);             /* still readable, but taken */
	CHECK_IS(rs_loop_watch(loop, fds[0], RS_READABLE, 78), 0); /* asked anew, another token */
	CHECK_IS(rs_loop_take(loop, events, 4, 0), 1);
	CHECK_IS(events[0].token, 78);

	CHECK_IS(rs_loop_watch(loop, fds[1], RS_WRITABLE, 1ull << 63), 0);
	CHECK_IS(rs_loop_take(loop, events, 4, 0), 1);
	CHECK(events[0].token == 1ull << 63);
	CHECK_IS(events[0].ready, RS_WRITABLE);

	/* A hang-up is both. */
	CHECK_IS(rs_loop_watch(loop, fds[0], RS_READABLE, 5), 0);
	close(fds[1]);
	CHECK_IS(rs_loop_take(loop, events, 4, 0), 1);
	CHECK_IS(events[0].ready, RS_READABLE | RS_WRITABLE);

	CHECK_IS(rs_loop_watch(loop, fds[0], RS_READABLE, 5), 0);
	CHECK_IS(rs_loop_forget(loop, fds[0]), 0);
	CHECK_IS(rs_loop_take(loop, events, 4, 0), 0);
	CHECK_IS(rs_loop_forget(loop, fds[0]), -ENOENT);
	close(fds[0]);
	rs_loop_close(loop);
}

static void refuses_what_cannot_be_watched(void)
{
	struct rs_loop *loop = loop_new();
	struct rs_event event;
	int file = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);

	CHECK_IS(rs_loop_watch(loop, file, RS_READABLE, 1), -EPERM);
	CHECK_IS(rs_loop_watch(loop, -1, RS_READABLE, 1), -EBADF);
	CHECK_IS(rs_loop_watch(loop, 0, 0, 1), -EINVAL);
	CHECK_IS(rs_loop_watch(loop, 0, 4, 1), -EINVAL);
	CHECK_IS(rs_loop_take(loop, NULL, 1, 0), -EINVAL);
	CHECK_IS(rs_loop_take(loop, &event, 0, 0), -EINVAL);
	CHECK_IS(rs_loop_start(loop, NULL, NULL), -EFAULT);
	CHECK_IS(rs_loop_open(NULL), -EFAULT);
	rs_loop_close(NULL);
	close(file);
	rs_loop_close(loop);
}

static void on_alarm(int sig)
{
	(void)sig;
}

static void waits_as_long_as_told(void)
{
	struct rs_loop *loop = loop_new();
	struct rs_event event;
	struct sigaction action = { .sa_handler = on_alarm };
	double started = now();

	/* Signals without SA_RESTART do not end the wait early. */
	sigaction(SIGALRM, &action, NULL);
	ualarm(20000, 20000);
	CHECK_IS(rs_loop_take(loop, &event, 1, 200), 0);
	ualarm(0, 0);
	CHECK(now() - started >= 0.19 && now() - started < 5);
	rs_loop_close(loop);
}

/* The alarm comes once, when it is due and not before; the last one that was set counts. */
static void has_an_alarm(void)
{
	struct rs_loop *loop = loop_new();
	struct pollfd readable = { .fd = rs_loop_fd(loop), .events = POLLIN };
	struct rs_event events[2];
	double started, rang;

	CHECK_IS(rs_now(NULL), -EFAULT);
	CHECK_IS(rs_now(&started), 0);
	CHECK_IS(rs_loop_alarm(loop, 100000), 0);
	CHECK_IS(rs_loop_alarm(loop, 50), 0);
	CHECK_IS(rs_loop_take(loop, events, 2, 0), 0);
	CHECK_IS(poll(&readable, 1, 30000), 1);
	CHECK_IS(rs_loop_take(loop, events, 2, 0), 1);
	CHECK_IS(rs_now(&rang), 0);
	CHECK(events[0].token == 0);
	CHECK(rang - started >= 50);
	CHECK_IS(rs_loop_take(loop, events, 2, 0), 0);
	CHECK_IS(poll(&readable, 1, 0), 0);
	for (int i = 0; i < 3; i++) {
		CHECK_IS(rs_loop_alarm(loop, 0), 0);
		CHECK_IS(rs_loop_take(loop, events, 2, 30000), 1);
	}
	CHECK_IS(rs_loop_alarm(loop, UINT32_MAX), 0);
	rs_loop_close(loop);
}

static void tells_of_children(void)
{
	enum { CHILDREN = 300 };
	struct rs_loop *loop = loop_new();
	static struct rs_outcome outs[CHILDREN];
	static int seen[CHILDREN];
	struct rs_event events[64];
	int left = CHILDREN;

	for (int i = 0; i < CHILDREN; i++) {
		struct req *r = req_new(beside_me("show"));
		char code[8];

		snprintf(code, sizeof(code), "%d", i % 200);
		put(&r->argv, "exit");
		put(&r->argv, code);
		outs[i] = spawn_ok(r);
		CHECK_IS(rs_loop_watch(loop, outs[i].pidfd, RS_READABLE, (uint64_t)i), 0);
	}
	while (left > 0) {
		int got = rs_loop_take(loop, events, 64, 30000);

		CHECK(got > 0);
		for (int i = 0; i < got; i++) {
			struct rs_exit end = { .size = sizeof(end) };
			int which = (int)events[i].token;

			CHECK(!seen[which]++);
			CHECK_IS(rs_reap(outs[which].pidfd, &end), 1);
			CHECK_IS(end.code, which % 200);
			CHECK_IS(rs_loop_forget(loop, outs[which].pidfd), 0);
			close(outs[which].pidfd);
			left--;
		}
	}
	CHECK(has_no_children());
	rs_loop_close(loop);
}

struct owner {
	pthread_mutex_t lock;
	pthread_cond_t told;
	int count;
};

static void notify(void *context)
{
	struct owner *owner = context;

	pthread_mutex_lock(&owner->lock);
	owner->count++;
	pthread_cond_signal(&owner->told);
	pthread_mutex_unlock(&owner->lock);
}

/* Notified as often as there is something new, and not again before it was taken. */
static void notifies_from_its_thread(void)
{
	struct owner owner = { PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, 0 };
	struct rs_loop *loop = loop_new();
	struct rs_event event;
	int fds[2], seen = 0;

	CHECK(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fds) == 0);
	CHECK_IS(rs_loop_start(loop, notify, &owner), 0);
	CHECK_IS(rs_loop_start(loop, notify, &owner), -EALREADY);
	for (int i = 0; i < 3000; i++) {
		char byte;

		CHECK_IS(rs_loop_watch(loop, fds[0], RS_READABLE, (uint64_t)i), 0);
		CHECK(write(fds[1], "x", 1) == 1);
		pthread_mutex_lock(&owner.lock);
		while (owner.count == seen)
			pthread_cond_wait(&owner.told, &owner.lock);
		seen = owner.count;
		pthread_mutex_unlock(&owner.lock);
		if (i % 1000 == 0) {
			usleep(20000);
			CHECK_IS(owner.count, seen); /* notified once, however long it takes */
		}
		while (rs_loop_take(loop, &event, 1, 0) == 0) {
			/* The event of a notification may have been taken by the turn before. */
			rs_loop_taken(loop);
			pthread_mutex_lock(&owner.lock);
			while (owner.count == seen)
				pthread_cond_wait(&owner.told, &owner.lock);
			seen = owner.count;
			pthread_mutex_unlock(&owner.lock);
		}
		CHECK_IS(event.token, i);
		CHECK(read(fds[0], &byte, 1) == 1);
		rs_loop_taken(loop);
	}
	rs_loop_close(loop);
	close(fds[0]);
	close(fds[1]);
}

/* The same by a socket: one byte for each notification, and none before the last was taken. */
static void rings_a_bell(void)
{
	struct rs_loop *loop = loop_new();
	struct rs_event event;
	int fds[2], socket;
	char text[8];

	CHECK(pipe2(fds, O_CLOEXEC | O_NONBLOCK) == 0);
	socket = rs_loop_start_fd(loop);
	CHECK(socket > 2);
	CHECK_IS(rs_loop_start_fd(loop), -EALREADY);
	CHECK(fcntl(socket, F_GETFD) & FD_CLOEXEC);
	CHECK(fcntl(socket, F_GETFL) & O_NONBLOCK);
	CHECK_IS(rs_read(socket, text, sizeof(text)), -EAGAIN);
	for (int i = 0; i < 1000; i++) {
		struct pollfd heard = { .fd = socket, .events = POLLIN };

		CHECK_IS(rs_loop_watch(loop, fds[1], RS_WRITABLE, (uint64_t)i), 0);
		CHECK_IS(poll(&heard, 1, 30000), 1);
		CHECK_IS(rs_read(socket, text, sizeof(text)), 1);
		CHECK_IS(rs_loop_take(loop, &event, 1, 0), 1);
		CHECK_IS(event.token, i);
		rs_loop_taken(loop);
	}
	/* Without a reader of the socket there is no SIGPIPE. */
	close(socket);
	CHECK_IS(rs_loop_watch(loop, fds[1], RS_WRITABLE, 0), 0);
	usleep(20000);
	rs_loop_close(loop);
	close(fds[0]);
	close(fds[1]);
}

static void *wait_in_thread(void *arg)
{
	return (void *)(intptr_t)rs_loop_wait(arg);
}

static void stops_in_every_state(void)
{
	struct owner owner = { PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, 0 };
	int fds[2];
	pthread_t thread;
	void *ret;
	struct rs_loop *loop;

	CHECK(pipe2(fds, O_CLOEXEC) == 0);
	/* never used; stopped before it waits; while it waits */
	rs_loop_close(loop_new());
	loop = loop_new();
	rs_loop_stop(loop);
	CHECK_IS(rs_loop_wait(loop), 0);
	CHECK_IS(rs_loop_wait(loop), 0);
	rs_loop_close(loop);

	loop = loop_new();
	CHECK(pthread_create(&thread, NULL, wait_in_thread, loop) == 0);
	usleep(20000);
	rs_loop_stop(loop);
	pthread_join(thread, &ret);
	CHECK(ret == NULL);
	rs_loop_close(loop);

	/* something is ready */
	loop = loop_new();
	CHECK_IS(rs_loop_watch(loop, fds[1], RS_WRITABLE, 1), 0);
	CHECK_IS(rs_loop_wait(loop), 1);
	CHECK_IS(rs_loop_wait(loop), 1); /* takes nothing */
	rs_loop_close(loop);

	/* the thread waits for events; waits to be taken; stopped twice */
	for (int i = 0; i < 200; i++) {
		loop = loop_new();
		CHECK_IS(rs_loop_start(loop, notify, &owner), 0);
		if (i % 4 == 1)
			CHECK_IS(rs_loop_watch(loop, fds[1], RS_WRITABLE, 1), 0);
		if (i % 4 == 2) {
			rs_loop_stop(loop);
			rs_loop_stop(loop);
		}
		if (i % 4 == 3)
			rs_loop_taken(loop);
		rs_loop_close(loop);
	}
	/* The loop is closed at every moment between an event and the thread's next wait. */
	for (int i = 0; i < 2000; i++) {
		loop = loop_new();
		CHECK_IS(rs_loop_start(loop, notify, &owner), 0);
		usleep(100);
		CHECK_IS(rs_loop_watch(loop, fds[1], RS_WRITABLE, 1), 0);
		for (volatile int pause = 0; pause < (i % 100) * 100; pause++)
			;
		rs_loop_close(loop);
	}
	close(fds[0]);
	close(fds[1]);
}

static void bears_no_loop(void)
{
	struct rs_event event;

	CHECK_IS(rs_loop_open(NULL), -EFAULT);
	CHECK_IS(rs_loop_watch(NULL, 0, RS_READABLE, 1), -EFAULT);
	CHECK_IS(rs_loop_forget(NULL, 0), -EFAULT);
	CHECK_IS(rs_loop_take(NULL, &event, 1, 0), -EFAULT);
	CHECK_IS(rs_loop_wait(NULL), -EFAULT);
	CHECK_IS(rs_loop_alarm(NULL, 1), -EFAULT);
	CHECK_IS(rs_loop_fd(NULL), -EFAULT);
	CHECK_IS(rs_loop_start(NULL, notify, NULL), -EFAULT);
	CHECK_IS(rs_loop_start_fd(NULL), -EFAULT);
	rs_loop_stop(NULL);
	rs_loop_taken(NULL);
	rs_loop_close(NULL);
}

static void no_fd_has_no_other_end(void)
{
	CHECK_IS(rs_hung_up(-1), -EBADF);
	CHECK_IS(rs_hung_up(9999), -EBADF);
}

int main(void)
{
	int before = fd_count();

	engine_up();
	watches_once();
	refuses_what_cannot_be_watched();
	waits_as_long_as_told();
	has_an_alarm();
	tells_of_children();
	notifies_from_its_thread();
	rings_a_bell();
	stops_in_every_state();
	bears_no_loop();
	no_fd_has_no_other_end();
	rs_engine_close(engine);
	CHECK_IS(fd_count(), before);
	return 0;
}
