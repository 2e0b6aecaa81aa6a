/* The thread takes one job at a time, under one lock. That is enough, because such births are rare
 * and their caller waits. */
#define _GNU_SOURCE
#include <assert.h>
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <unistd.h>

#include "kernel.h"
#include "process_thread.h"
#include "request.h"

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static int started;
static struct job {
	void (*fn)(void *);
	void *arg;
	int done;
} * job;

static void *serve(void *unused)
{
	(void)unused;
	pthread_mutex_lock(&lock);
	for (;;) {
		while (job == NULL || job->done)
			pthread_cond_wait(&changed, &lock);
		job->fn(job->arg);
		job->done = 1;
		pthread_cond_broadcast(&changed);
	}
	return NULL;
}

/* To be called with `lock` held. */
static int start(void)
{
	pthread_attr_t attr;
	pthread_t thread;
	sigset_t all, before;
	int error;

	error = pthread_attr_init(&attr);
	if (error != 0)
		return -error;
	pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
	/* The stack also holds the program's thread-local storage. */
	pthread_attr_setstacksize(&attr, 256 * 1024);
	/* All signals are blocked: a handler of the program must run in a thread of the program. */
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	error = pthread_create(&thread, &attr, serve, NULL);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	pthread_attr_destroy(&attr);
	started = error == 0;
	return -error;
}

int needs_process_thread(const struct request *request)
{
	return (request->head.set & RS_SET_DIE_WITH_PARENT) && sys0(SYS_gettid) != getpid();
}

int process_thread_run(void (*fn)(void *), void *arg)
{
	struct job mine = { .fn = fn, .arg = arg };
	int error = 0;

	pthread_mutex_lock(&lock);
	if (!started)
		error = start();
	if (error == 0) {
		while (job != NULL)
			pthread_cond_wait(&changed, &lock);
		job = &mine;
		pthread_cond_broadcast(&changed);
		while (!mine.done)
			pthread_cond_wait(&changed, &lock);
		assert(job == &mine);
		job = NULL;
		pthread_cond_broadcast(&changed);
	}
	pthread_mutex_unlock(&lock);
	return error;
}
