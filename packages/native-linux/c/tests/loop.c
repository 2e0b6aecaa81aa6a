/* executor: vfork
 * The waiting mechanism: one-shot watches, time limits, and children of which the owner's own wait
 * tells, or a notifier. */
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

	CHECK_IS(rs_loop_watch(loop, fds[1], RS_WRITABLE, 1u << 31), 0);
	CHECK_IS(rs_loop_take(loop, events, 4, 0), 1);
	CHECK(events[0].token == 1u << 31);
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
	CHECK_IS(rs_loop_watch(loop, 0, RS_READABLE, UINT32_MAX), -EINVAL);
	CHECK_IS(rs_loop_take(loop, NULL, 1, 0), -EINVAL);
	CHECK_IS(rs_loop_take(loop, &event, 0, 0), -EINVAL);
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

static void tells_of_children(int by_notifier)
{
	enum { CHILDREN = 300 };
	struct rs_loop *loop = loop_new();
	static struct rs_outcome outs[CHILDREN];
	int seen[CHILDREN] = { 0 };
	struct rs_event events[64];
	struct pollfd heard = { .fd = by_notifier ? rs_loop_start_fd(loop) : -1, .events = POLLIN };
	int left = CHILDREN;
	char bytes[64];

	for (int i = 0; i < CHILDREN; i++) {
		struct req *r = req_new(beside_me("show"));
		char code[8];

		snprintf(code, sizeof(code), "%d", i % 200);
		put(&r->argv, "exit");
		put(&r->argv, code);
		outs[i] = spawn_ok(r);
		CHECK_IS(rs_loop_watch(loop, outs[i].pidfd, RS_READABLE, (uint32_t)i), 0);
	}
	while (left > 0) {
		int got;

		if (by_notifier) {
			CHECK_IS(poll(&heard, 1, 30000), 1);
			CHECK(rs_read(heard.fd, bytes, sizeof(bytes)) > 0);
		}
		do {
			got = rs_loop_take(loop, events, 64, 30000);
			CHECK(got > 0 || (by_notifier && got == 0));
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
		} while (by_notifier && got == 64);
	}
	CHECK(has_no_children());
	rs_loop_close(loop);
	if (by_notifier)
		close(heard.fd);
}

static void bears_no_loop(void)
{
	struct rs_event event;

	CHECK_IS(rs_loop_open(NULL), -EFAULT);
	CHECK_IS(rs_loop_watch(NULL, 0, RS_READABLE, 1), -EFAULT);
	CHECK_IS(rs_loop_forget(NULL, 0), -EFAULT);
	CHECK_IS(rs_loop_take(NULL, &event, 1, 0), -EFAULT);
	CHECK_IS(rs_loop_alarm(NULL, 1), -EFAULT);
	CHECK_IS(rs_loop_fd(NULL), -EFAULT);
	CHECK_IS(rs_loop_start_fd(NULL), -EFAULT);
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
	tells_of_children(0);
	tells_of_children(1);
	bears_no_loop();
	no_fd_has_no_other_end();
	rs_engine_close(engine);
	CHECK_IS(fd_count(), before);
	return 0;
}
