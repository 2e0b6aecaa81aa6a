/*
 * What a thread leaves behind. Deno ends a worker by ending its thread: no event, no finalizer,
 * nothing of JavaScript runs any more. The fds, the notifier and the children of the worker would
 * stay for as long as the program. The end of the thread is always seen, so the cleaning is done
 * then.
 *
 * The initial thread never ends in this sense. What the program itself leaves is cleaned up by the
 * kernel, and its children run on.
 */
#define _GNU_SOURCE
#include <assert.h>
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ringspawn.h"
#include "thread.h"

/* One environment of a thread. There are several where a program loads the library in two ways. */
struct thread_env {
	struct thread_env *next;
	struct rs_engine *engine;
	struct rs_loop *loops[2]; /* turning, blocking */
	int socket;               /* the runtime's end of rs_loop_start_fd's socket */
	ino_t socket_ino; /* tells whether the number still means that socket: the runtime may have
			     closed it */
};

struct thread {
	struct thread_env *envs;
	uint64_t *fds; /* a bit for each fd that the thread owns */
	uint32_t words;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_key_t key;
static int has_key;

static void thread_env_close(struct thread_env *env)
{
	struct stat now;

	for (int i = 0; i < 2; i++)
		rs_loop_close(env->loops[i]);
	rs_engine_close(env->engine);
	if (fstat(env->socket, &now) == 0 && S_ISSOCK(now.st_mode) && now.st_ino == env->socket_ino)
		close(env->socket);
	free(env);
}

static void thread_ends(void *arg)
{
	struct thread *thread = arg;

	while (thread->envs != NULL) {
		struct thread_env *env = thread->envs;

		thread->envs = env->next;
		thread_env_close(env);
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

/* 0 or -errno. A program that has all the keys of its process now may give one back. */
static int make_key(void)
{
	int error = 0;

	pthread_mutex_lock(&lock);
	if (!has_key) {
		error = pthread_key_create(&key, thread_ends);
		__atomic_store_n(&has_key, error == 0, __ATOMIC_RELEASE);
	}
	pthread_mutex_unlock(&lock);
	return -error;
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

		/* Without memory this fd will stay open longer than it should. */
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

void thread_owns_fd(int32_t fd)
{
	struct thread *thread = this_thread();

	if (thread != NULL)
		own(thread, fd);
}

void thread_disowns(int32_t fd)
{
	struct thread *thread = this_thread();

	if (thread != NULL && fd >= 0 && (uint32_t)fd / 64 < thread->words)
		thread->fds[fd / 64] &= ~(UINT64_C(1) << (uint32_t)fd % 64);
}

int thread_start(pthread_t *thread, void *(*serve)(void *), void *arg)
{
	pthread_attr_t attr;
	sigset_t all, before;
	int error = pthread_attr_init(&attr);

	if (error != 0)
		return -error;
	/* The stack also holds the program's thread-local storage. */
	pthread_attr_setstacksize(&attr, 256 * 1024);
	/* All signals are blocked: a handler of the program must run in a thread of the program. */
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	error = pthread_create(thread, &attr, serve, arg);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	pthread_attr_destroy(&attr);
	return -error;
}

/* 0 or -errno. What is open by then is in `env`. */
static int thread_env_open(struct thread_env *env)
{
	struct stat status;
	int error = rs_engine_open(&env->engine);

	for (int i = 0; i < 2 && error == 0; i++)
		error = rs_loop_open(&env->loops[i]);
	if (error != 0)
		return error;
	env->socket = rs_loop_start_fd(env->loops[0]);
	if (env->socket < 0)
		return env->socket;
	if (fstat(env->socket, &status) != 0) {
		error = -errno;
		close(env->socket);
		env->socket = -1;
		return error;
	}
	env->socket_ino = status.st_ino;
	return 0;
}

/* What is known of this thread, made where it is the first time. 0 or -errno. */
static int know_this_thread(struct thread **out)
{
	struct thread *thread;
	int error = make_key();

	if (error != 0)
		return error;
	thread = pthread_getspecific(key);
	if (thread == NULL) {
		thread = calloc(1, sizeof(*thread));
		if (thread == NULL)
			return -ENOMEM;
		error = pthread_setspecific(key, thread);
		if (error != 0) {
			free(thread);
			return -error;
		}
	}
	*out = thread;
	return 0;
}

int rs_thread_open(struct rs_opened *out)
{
	struct thread *thread = NULL;
	struct thread_env *env;
	int error;

	if (out == NULL)
		return -EFAULT;
	if (out->size != sizeof(*out))
		return -EINVAL;
	error = know_this_thread(&thread);
	if (error != 0)
		return error;
	env = calloc(1, sizeof(*env));
	if (env == NULL)
		return -ENOMEM;
	env->socket = -1;
	error = thread_env_open(env);
	if (error != 0) {
		thread_env_close(env);
		return error;
	}
	env->next = thread->envs;
	thread->envs = env;
	out->socket = env->socket;
	out->engine = env->engine;
	out->turning = env->loops[0];
	out->blocking = env->loops[1];
	return 0;
}
