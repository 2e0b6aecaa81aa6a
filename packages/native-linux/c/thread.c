/*
 * A JavaScript environment that ends without a word. Deno ends a worker by ending its thread: no
 * event, no finalizer, nothing of JavaScript runs any more, and the fds, the notifier and the
 * children of the worker would stay as long as the program. The end of the thread is what is always
 * seen, so the cleaning hangs on it.
 *
 * The initial thread never ends in this sense: what the program itself leaves is the kernel's to
 * clean, and its children run on.
 */
#define _GNU_SOURCE
#include <assert.h>
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ringspawn.h"
#include "thread.h"

/* One environment. A thread has several where a program loads the library in two ways. */
struct estate {
	struct estate *next;
	struct rs_engine *engine;
	struct rs_loop *loops[2];
	int bell;       /* the runtime's end of rs_loop_start_fd's socket */
	ino_t bell_ino; /* by which it is known: the runtime may have closed it, and its number mean
			   another file */
};

struct thread {
	struct estate *estates;
	uint64_t *fds; /* a bit each */
	uint32_t words;
};

static pthread_once_t once = PTHREAD_ONCE_INIT;
static pthread_key_t key;
static int has_key;

static void settle(struct estate *estate)
{
	struct stat now;

	for (int i = 0; i < 2; i++)
		rs_loop_close(estate->loops[i]);
	rs_engine_close(estate->engine);
	if (fstat(estate->bell, &now) == 0 && S_ISSOCK(now.st_mode) &&
	    now.st_ino == estate->bell_ino)
		close(estate->bell);
	free(estate);
}

static void thread_ends(void *arg)
{
	struct thread *thread = arg;

	while (thread->estates != NULL) {
		struct estate *estate = thread->estates;

		thread->estates = estate->next;
		settle(estate);
	}
	for (uint32_t word = 0; word < thread->words; word++) {
		for (uint32_t bit = 0; bit < 64; bit++) {
			if (thread->fds[word] >> bit & 1)
				rs_abandon((int32_t)(word * 64 + bit));
		}
	}
	free(thread->fds);
	free(thread);
}

static void make_key(void)
{
	__atomic_store_n(&has_key, pthread_key_create(&key, thread_ends) == 0, __ATOMIC_RELEASE);
}

static struct thread *this_thread(void)
{
	return __atomic_load_n(&has_key, __ATOMIC_ACQUIRE) ? pthread_getspecific(key) : NULL;
}

static void own(struct thread *thread, int32_t fd)
{
	uint32_t word = (uint32_t)fd / 64;

	if (fd < 0)
		return;
	if (word >= thread->words) {
		uint64_t *larger = realloc(thread->fds, (word + 8) * sizeof(*larger));

		/* Then this one will stay open longer than it should. */
		if (larger == NULL)
			return;
		memset(larger + thread->words, 0, (word + 8 - thread->words) * sizeof(*larger));
		thread->fds = larger;
		thread->words = word + 8;
	}
	assert(word < thread->words);
	thread->fds[word] |= UINT64_C(1) << (uint32_t)fd % 64;
}

void thread_owns(const struct rs_outcome *out)
{
	struct thread *thread = this_thread();

	if (thread == NULL)
		return;
	own(thread, out->pidfd);
	for (uint32_t i = 0; i < out->count; i++) {
		own(thread, out->ends[i].read);
		own(thread, out->ends[i].write);
	}
}

void thread_owns_pidfd(int32_t pidfd)
{
	struct thread *thread = this_thread();

	if (thread != NULL)
		own(thread, pidfd);
}

void thread_gave_up(int32_t fd)
{
	struct thread *thread = this_thread();

	if (thread != NULL && fd >= 0 && (uint32_t)fd / 64 < thread->words)
		thread->fds[fd / 64] &= ~(UINT64_C(1) << (uint32_t)fd % 64);
}

int rs_thread_cleanup(struct rs_engine *engine, struct rs_loop *turning, struct rs_loop *blocking,
		      int32_t bell)
{
	struct thread *thread;
	struct estate *estate;
	struct stat socket;

	if (fstat(bell, &socket) != 0)
		return -errno;
	pthread_once(&once, make_key);
	if (!__atomic_load_n(&has_key, __ATOMIC_ACQUIRE))
		return -EAGAIN;
	thread = pthread_getspecific(key);
	if (thread == NULL) {
		int error;

		thread = calloc(1, sizeof(*thread));
		if (thread == NULL)
			return -ENOMEM;
		error = pthread_setspecific(key, thread);
		if (error != 0) {
			free(thread);
			return -error;
		}
	}
	estate = malloc(sizeof(*estate));
	if (estate == NULL)
		return -ENOMEM;
	*estate = (struct estate){
		thread->estates, engine, { turning, blocking }, bell, socket.st_ino
	};
	thread->estates = estate;
	return 0;
}
