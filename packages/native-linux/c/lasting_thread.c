#define _GNU_SOURCE
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "kernel.h"
#include "lasting_thread.h"
#include "request.h"
#include "thread.h"

/* One for all births: they are rare, and it outlives each of them. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;

/* It is gone as soon as it is done. */
struct job {
	void (*birth)(void *);
	void *arg;
	const int32_t *pid;
	int done;
};

/*
 * The child stays a zombie for whoever reaps it. If it was reaped before this looks, and its pid is
 * another child's already, that one is waited for, which harms nobody. In a sandbox that refuses
 * the call, the pid is looked at now and then: this thread must not end before the child.
 */
static void wait_for_end(pid_t pid)
{
	const struct timespec a_moment = { .tv_nsec = 100000000 };
	siginfo_t info;

	while (waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT | KERNEL_WALL) != 0 &&
	       errno != ECHILD) {
		if (errno == EINTR)
			continue;
		if (kill(pid, 0) != 0 && errno == ESRCH)
			return;
		nanosleep(&a_moment, NULL);
	}
}

static void *serve(void *arg)
{
	struct job *job = arg;
	pid_t pid;

	job->birth(job->arg);
	pid = *job->pid;
	pthread_mutex_lock(&lock);
	job->done = 1;
	pthread_cond_broadcast(&changed);
	pthread_mutex_unlock(&lock);
	if (pid > 0)
		wait_for_end(pid);
	return NULL;
}

int needs_lasting_thread(const struct request *request)
{
	return (request->head.set & RS_SET_DIE_WITH_PARENT) && sys0(SYS_gettid) != getpid();
}

int lasting_thread_run(void (*birth)(void *), void *arg, const int32_t *pid)
{
	struct job job = { .birth = birth, .arg = arg, .pid = pid };
	pthread_t thread;
	int error = thread_start(&thread, serve, &job);

	if (error != 0)
		return error;
	pthread_detach(thread);
	pthread_mutex_lock(&lock);
	while (!job.done)
		pthread_cond_wait(&changed, &lock);
	pthread_mutex_unlock(&lock);
	return 0;
}
