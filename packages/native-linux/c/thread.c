/*
 * What an environment leaves behind: fds, a notifier, children. They would stay for as long as the
 * program. There are three ways for an environment to end:
 *
 *   - Deno ends a worker by ending its thread: no event, no finalizer, nothing of JavaScript runs
 *     any more. The end of the thread is always seen, so the cleaning is done then.
 *   - Deno's --watch and its test runner end an environment and begin another in the same thread.
 *     Until the first has ended its program may use everything, also in its last event. So the
 *     cleaning is done when the other one says that it has entered the thread.
 *   - A runtime evaluates the library anew in an environment that goes on, as Bun's --hot does. The
 *     evaluation that nobody has any more is closed by its finalizer.
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

#include "engine.h"
#include "ringspawn.h"
#include "thread.h"

/* What one evaluation of the library has in a thread. There are several where a program loads the
 * library in two ways. */
struct thread_env {
	struct thread_env *next;
	struct rs_engine *engine;
	struct rs_loop *loops[2]; /* turning, blocking */
	int socket;               /* the runtime's end of rs_loop_start_fd's socket */
	ino_t socket_ino; /* tells whether the number still means that socket: the runtime may have
			     closed it */
	uint64_t *fds;    /* a bit for each fd that it was given */
	uint32_t words;
};

struct thread {
	struct thread_env *envs;
	double entered_by; /* of rs_thread_entered */
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_key_t key;
static int has_key;

static void close_socket(const struct thread_env *env)
{
	struct stat now;

	if (fstat(env->socket, &now) == 0 && S_ISSOCK(now.st_mode) && now.st_ino == env->socket_ino)
		close(env->socket);
}

/* The children that still run are orphans from here on. */
static void thread_env_close(struct thread_env *env)
{
	for (int i = 0; i < 2; i++)
		rs_loop_close(env->loops[i]);
	rs_engine_close(env->engine);
	for (uint32_t word = 0; word < env->words; word++) {
		for (uint32_t bit = 0; bit < 64; bit++) {
			if (env->fds[word] >> bit & 1)
				rs_abandon((int32_t)(word * 64 + bit));
		}
	}
	free(env->fds);
	free(env);
}

static void close_all(struct thread *thread)
{
	while (thread->envs != NULL) {
		struct thread_env *env = thread->envs;

		thread->envs = env->next;
		close_socket(env);
		thread_env_close(env);
	}
}

static void thread_ends(void *thread)
{
	close_all(thread);
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

static void own(struct thread_env *env, int32_t fd)
{
	uint32_t word = (uint32_t)fd / 64;

	if (fd < 0)
		return;
	if (word >= env->words) {
		uint64_t *larger = realloc(env->fds, (word + 8) * sizeof(*larger));

		/* Without memory this fd will stay open longer than it should. */
		if (larger == NULL)
			return;
		memset(larger + env->words, 0, (word + 8 - env->words) * sizeof(*larger));
		env->fds = larger;
		env->words = word + 8;
	}
	assert(word < env->words);
	env->fds[word] |= UINT64_C(1) << (uint32_t)fd % 64;
}

void thread_owns(const struct rs_engine *engine, const struct rs_outcome *out)
{
	if (engine->env == NULL)
		return;
	own(engine->env, out->pidfd);
	for (uint32_t i = 0; i < out->count; i++) {
		own(engine->env, out->ends[i].read);
		own(engine->env, out->ends[i].write);
	}
}

void thread_owns_fd(const struct rs_engine *engine, int32_t fd)
{
	if (engine->env != NULL)
		own(engine->env, fd);
}

void thread_disowns(int32_t fd)
{
	struct thread *thread = this_thread();

	if (thread == NULL || fd < 0)
		return;
	for (struct thread_env *env = thread->envs; env != NULL; env = env->next)
		if ((uint32_t)fd / 64 < env->words)
			env->fds[fd / 64] &= ~(UINT64_C(1) << (uint32_t)fd % 64);
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
	env->engine->env = env;
	env->socket = rs_loop_start_fd(env->loops[0]);
	if (env->socket < 0)
		return env->socket;
	if (fstat(env->socket, &status) != 0) {
		error = -errno;
		close(env->socket);
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

int rs_thread_close(struct rs_engine *engine)
{
	struct thread *thread = this_thread();

	if (thread == NULL)
		return -ENOENT;
	for (struct thread_env **at = &thread->envs; *at != NULL; at = &(*at)->next) {
		struct thread_env *env = *at;

		if (env->engine != engine)
			continue;
		*at = env->next;
		thread_env_close(env);
		return 0;
	}
	return -ENOENT;
}

int rs_thread_entered(const double *began)
{
	struct thread *thread = NULL;
	int error;

	if (began == NULL)
		return -EFAULT;
	error = know_this_thread(&thread);
	if (error != 0)
		return error;
	if (thread->entered_by != *began)
		close_all(thread);
	thread->entered_by = *began;
	return 0;
}
