/* A thread ends with everything open: rs_thread_cleanup leaves nothing but its running children,
 * for reaping. */
#include <dirent.h>
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
	int closes_bell; /* as a runtime may that ends its own part first */
	int other;       /* then the number means another file */
	int released;    /* the program's own, which outlives the thread */
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
	int bell;

	/* Twice: one thread, two environments. */
	for (int i = 0; i < 2; i++) {
		CHECK_IS(rs_engine_open(&mine), 0);
		CHECK_IS(rs_loop_open(&turning), 0);
		CHECK_IS(rs_loop_open(&blocking), 0);
		bell = rs_loop_start_fd(turning);
		CHECK(bell >= 0);
		CHECK_IS(rs_thread_cleanup(mine, turning, blocking, bell), 0);
	}
	out = start(mine, cat());
	CHECK_IS(rs_loop_watch(turning, out.pidfd, RS_READABLE, 1), 0);
	/* Closed by us, and its number taken by another file: not the thread's to close. */
	out = start(mine, cat());
	CHECK_IS(rs_close(out.ends[0].write), 0);
	CHECK_IS(dup2(2, out.ends[0].write), out.ends[0].write);
	what->other = out.ends[0].write;
	CHECK_IS(rs_release(out.ends[4].read), 0);
	what->released = out.ends[4].read;
	if (what->closes_bell) {
		CHECK_IS(close(bell), 0);
		CHECK_IS(dup2(2, bell), bell);
	}
	return (void *)(intptr_t)bell;
}

int main(void)
{
	int before, threads;

	engine_up();
	before = fd_count();
	threads = thread_count();
	for (int i = 0; i < ROUNDS; i++) {
		struct what what = { .closes_bell = i % 2 };
		pthread_t thread;
		void *bell;

		CHECK(pthread_create(&thread, NULL, environment, &what) == 0);
		CHECK(pthread_join(thread, &bell) == 0);
		/* A joined thread is on the list a moment longer. */
		for (int ms = 0; ms < 3000 && thread_count() != threads; ms++)
			usleep(1000);
		CHECK_IS(thread_count(), threads);
		CHECK_IS(close(what.other), 0);
		CHECK_IS(close(what.released), 0);
		if (what.closes_bell)
			CHECK_IS(close((int)(intptr_t)bell), 0);
		else
			CHECK(fcntl((int)(intptr_t)bell, F_GETFD) == -1);
	}
	/* All of them read the end of their input now, and whoever spawns next reaps them. */
	for (int i = 0; i < 3000 && fd_count() != before; i++) {
		/* Not CHECK_FAILS: it wants no child at all, and these may still be ending. */
		CHECK_IS(spawn(req_new("/nonexistent")).error, ENOENT);
		usleep(1000);
	}
	CHECK_IS(fd_count(), before);
	CHECK(has_no_children());
	CHECK_IS(rs_thread_cleanup(engine, NULL, NULL, -1), -EBADF);
	rs_engine_close(engine);
	return 0;
}
