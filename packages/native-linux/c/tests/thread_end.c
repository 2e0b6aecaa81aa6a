/* A thread ends with everything open. rs_thread_cleanup leaves nothing but its running children,
 * which are reaped later. */
#include <dirent.h>
#include <limits.h>
#include <pthread.h>
#include <sys/socket.h>

#include "test.h"

enum { ROUNDS = 20 };

static int thread_count(void)
{
	DIR *dir = opendir("/proc/self/task");
	int count = -2;

	CHECK(dir != NULL);
	while (readdir(dir) != NULL)
		count++;
	closedir(dir);
	return count;
}

struct what {
	int closes_socket; /* a runtime may close its end before the thread ends */
	int other;         /* then the number means another file */
	int released;      /* the program's own, which outlives the thread */
};

static struct rs_outcome start(struct rs_engine *mine, struct req *r)
{
	struct rs_outcome out = { .size = sizeof(out) };
	uint32_t len;
	char *block = req_block(r, &len);

	CHECK_IS(rs_spawn(mine, block, len, &out), 0);
	CHECK_IS(out.error, 0);
	free(block);
	free(r);
	return out;
}

static struct req *cat(void)
{
	struct req *r = req_new("/bin/cat");

	slot(r, 0, RS_SLOT_PIPE_IN, 0);
	slot(r, 1, RS_SLOT_PIPE_OUT, 0);
	slot(r, 2, RS_SLOT_NULL, 0);
	slot(r, 3, RS_SLOT_SOCKET, 0);
	slot(r, 4, RS_SLOT_SOCKET, 0)->flags = RS_SLOT_RAW;
	slot(r, 5, RS_SLOT_PTY, 0);
	return r;
}

static void *environment(void *arg)
{
	struct what *what = arg;
	struct rs_engine *mine;
	struct rs_loop *turning, *blocking;
	struct rs_outcome out;
	int socket;

	/* One thread has two environments. */
	for (int i = 0; i < 2; i++) {
		CHECK_IS(rs_engine_open(&mine), 0);
		CHECK_IS(rs_loop_open(&turning), 0);
		CHECK_IS(rs_loop_open(&blocking), 0);
		socket = rs_loop_start_fd(turning);
		CHECK(socket >= 0);
		CHECK_IS(rs_thread_cleanup(mine, turning, blocking, socket), 0);
	}
	out = start(mine, cat());
	CHECK_IS(rs_loop_watch(turning, out.pidfd, RS_READABLE, 1), 0);
	/* This pipe is closed, and another file has its number, which the thread must not close. */
	out = start(mine, cat());
	CHECK_IS(rs_close(out.ends[0].write), 0);
	CHECK_IS(dup2(2, out.ends[0].write), out.ends[0].write);
	what->other = out.ends[0].write;
	CHECK_IS(rs_release(out.ends[4].read), 0);
	what->released = out.ends[4].read;
	if (what->closes_socket) {
		CHECK_IS(close(socket), 0);
		CHECK_IS(dup2(2, socket), socket);
	}
	return (void *)(intptr_t)socket;
}

/* A program that has all the keys of its process gives them back later. */
static void is_refused_without_a_key(void)
{
	pthread_key_t keys[PTHREAD_KEYS_MAX];
	int count = 0, fds[2];

	while (pthread_key_create(&keys[count], NULL) == 0)
		count++;
	CHECK(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) == 0);
	CHECK_IS(rs_thread_cleanup(engine, NULL, NULL, fds[0]), -EAGAIN);
	while (count > 0)
		pthread_key_delete(keys[--count]);
	close(fds[0]);
	close(fds[1]);
}

int main(void)
{
	int before, threads;

	engine_up();
	is_refused_without_a_key();
	before = fd_count();
	threads = thread_count();
	for (int i = 0; i < ROUNDS; i++) {
		struct what what = { .closes_socket = i % 2 };
		pthread_t thread;
		void *socket;

		CHECK(pthread_create(&thread, NULL, environment, &what) == 0);
		CHECK(pthread_join(thread, &socket) == 0);
		/* A thread that was joined stays in the list a moment longer. */
		for (int ms = 0; ms < 3000 && thread_count() != threads; ms++)
			usleep(1000);
		CHECK_IS(thread_count(), threads);
		CHECK_IS(close(what.other), 0);
		CHECK_IS(close(what.released), 0);
		if (what.closes_socket)
			CHECK_IS(close((int)(intptr_t)socket), 0);
		else
			CHECK(fcntl((int)(intptr_t)socket, F_GETFD) == -1);
	}
	/* All children read the end of their input now, and the next spawn reaps them. */
	for (int i = 0; i < 3000 && fd_count() != before; i++) {
		/* CHECK_FAILS wants that there is no child, and these may still be ending. */
		CHECK_IS(spawn(req_new("/nonexistent")).error, ENOENT);
		usleep(1000);
	}
	CHECK_IS(fd_count(), before);
	CHECK(has_no_children());
	CHECK_IS(rs_thread_cleanup(engine, NULL, NULL, -1), -EBADF);
	rs_engine_close(engine);
	return 0;
}
