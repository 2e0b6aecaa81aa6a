/* A thread, or an environment of it, ends with everything open. What rs_thread_open has opened
 * leaves nothing but its running children, which are reaped later. */
#include <dirent.h>
#include <limits.h>
#include <pthread.h>
#include <sys/resource.h>

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
	struct rs_opened mine = { .size = sizeof(mine) };
	struct rs_outcome out;

	/* One thread has two environments. */
	for (int i = 0; i < 2; i++)
		CHECK_IS(rs_thread_open(&mine), 0);
	out = start(mine.engine, cat());
	CHECK_IS(rs_loop_watch(mine.turning, out.pidfd, RS_READABLE, 1), 0);
	/* This pipe is closed, and another file has its number, which the thread must not close. */
	out = start(mine.engine, cat());
	CHECK_IS(rs_close(out.ends[0].write), 0);
	CHECK_IS(dup2(2, out.ends[0].write), out.ends[0].write);
	what->other = out.ends[0].write;
	CHECK_IS(rs_release(out.ends[4].read), 0);
	what->released = out.ends[4].read;
	if (what->closes_socket) {
		CHECK_IS(close(mine.socket), 0);
		CHECK_IS(dup2(2, mine.socket), mine.socket);
	}
	return (void *)(intptr_t)mine.socket;
}

/* All children read the end of their input now. Whatever is abandoned next reaps them, as a spawn
 * does, which would want a ring of this thread. */
static void has_left_nothing(int fds)
{
	for (int i = 0; i < 3000 && fd_count() != fds; i++) {
		CHECK_IS(rs_abandon(-1), -EBADF);
		usleep(1000);
	}
	CHECK_IS(fd_count(), fds);
}

static struct rs_opened environment_up(void)
{
	struct rs_opened opened = { .size = sizeof(opened) };
	struct rs_terminal terminal = { .size = sizeof(terminal) };

	CHECK_IS(rs_thread_open(&opened), 0);
	start(opened.engine, cat());
	CHECK_IS(rs_terminal_open(opened.engine, 24, 80, &terminal), 0);
	return opened;
}

static void *ends_in_turn(void *unused)
{
	const double first = 1.5, second = 2.5;
	int before = fd_count(), threads = thread_count(), with_one;
	struct rs_opened one, other;

	CHECK_IS(rs_thread_entered(&first), 0);
	one = environment_up();
	with_one = fd_count();
	other = environment_up();
	CHECK_IS(rs_thread_close(other.engine), 0);
	CHECK_IS(rs_thread_close(other.engine), -ENOENT);
	CHECK_IS(close(other.socket), 0);
	has_left_nothing(with_one);
	/* The one that has entered already may load the library a second time. */
	CHECK_IS(rs_thread_entered(&first), 0);
	CHECK_IS(fd_count(), with_one);
	start(one.engine, cat());
	CHECK_IS(rs_thread_entered(&second), 0);
	CHECK(fcntl(one.socket, F_GETFD) == -1);
	CHECK_IS(rs_thread_close(one.engine), -ENOENT);
	has_left_nothing(before);
	for (int ms = 0; ms < 3000 && thread_count() != threads; ms++)
		usleep(1000);
	CHECK_IS(thread_count(), threads);
	return unused;
}

/* A program that has all the keys of its process gives them back later. */
static void is_refused_without_a_key(void)
{
	pthread_key_t keys[PTHREAD_KEYS_MAX];
	struct rs_opened opened = { .size = sizeof(opened) };
	int count = 0, before = fd_count();

	while (pthread_key_create(&keys[count], NULL) == 0)
		count++;
	CHECK_IS(rs_thread_open(&opened), -EAGAIN);
	while (count > 0)
		pthread_key_delete(keys[--count]);
	CHECK_IS(fd_count(), before);
}

/* Of a thread that gets only some of the fds nothing stays open, whichever it was that it lacked.
 */
static void *is_refused_without_fds(void *unused)
{
	struct rs_opened opened = { .size = sizeof(opened) };
	int before = fd_count(), threads = thread_count(), lowest = dup(2), free_fds = 0, error;
	struct rlimit limit;

	CHECK_IS(getrlimit(RLIMIT_NOFILE, &limit), 0);
	CHECK_IS(close(lowest), 0);
	do {
		const struct rlimit few = { (rlim_t)(lowest + free_fds++), limit.rlim_max };

		CHECK_IS(setrlimit(RLIMIT_NOFILE, &few), 0);
		error = rs_thread_open(&opened);
		CHECK_IS(setrlimit(RLIMIT_NOFILE, &limit), 0);
		CHECK(error == 0 || error == -EMFILE);
		if (error != 0) {
			CHECK_IS(fd_count(), before);
			CHECK_IS(thread_count(), threads);
		}
	} while (error != 0);
	CHECK(free_fds > 4);
	return unused;
}

int main(void)
{
	struct rs_opened none = { .size = 1 };
	int before, threads;
	pthread_t thread;

	engine_up();
	is_refused_without_a_key();
	before = fd_count();
	threads = thread_count();
	CHECK(pthread_create(&thread, NULL, is_refused_without_fds, NULL) == 0);
	CHECK(pthread_join(thread, NULL) == 0);
	CHECK_IS(fd_count(), before);
	for (int i = 0; i < ROUNDS; i++) {
		struct what what = { .closes_socket = i % 2 };
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
	has_left_nothing(before);
	CHECK(has_no_children());
	CHECK(pthread_create(&thread, NULL, ends_in_turn, NULL) == 0);
	CHECK(pthread_join(thread, NULL) == 0);
	CHECK_IS(fd_count(), before);
	CHECK(has_no_children());
	CHECK_IS(rs_thread_open(&none), -EINVAL);
	CHECK_IS(rs_thread_open(NULL), -EFAULT);
	CHECK_IS(rs_thread_entered(NULL), -EFAULT);
	CHECK_IS(rs_thread_close(engine), -ENOENT);
	rs_engine_close(engine);
	return 0;
}
