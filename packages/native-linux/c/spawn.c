/* rs_spawn: a spawn whose caller waits. */
#define _GNU_SOURCE
#include <assert.h>
#include <errno.h>
#include <unistd.h>

#include "chain.h"
#include "engine.h"
#include "environ.h"
#include "fd.h"
#include "lasting_thread.h"
#include "orphan.h"
#include "outcome.h"
#include "pipe.h"
#include "privileged.h"
#include "request.h"
#include "ringspawn.h"
#include "thread.h"
#include "uring.h"
#include "vfork.h"

struct birth_job {
	const struct chain *chain;
	enum rs_executor executor;
	void *stack_top;
	struct uring **uring;
	struct rs_outcome *out;
};

static void run_birth(void *arg)
{
	struct birth_job *job = arg;

	switch (job->executor) {
	case RS_EXECUTOR_VFORK:
		vfork_run(job->chain, job->stack_top, job->out);
		break;
	case RS_EXECUTOR_IO_URING:
		if (uring_for(job->uring, job->chain, job->out) == 0)
			uring_run(*job->uring, job->chain, job->out);
		break;
	}
}

/* A ring belongs to the thread that opened it. */
static void run_birth_with_own_ring(void *arg)
{
	struct birth_job *job = arg;
	struct uring *uring = NULL;

	job->uring = &uring;
	run_birth(job);
	uring_close(uring);
}

static void give_birth(struct rs_engine *engine, const struct request *request,
		       const struct chain *chain, struct rs_outcome *out)
{
	struct birth_job job = { chain, (enum rs_executor)request->head.executor,
				 engine_stack_top(engine), &engine->uring, out };
	int error = 0;

	if (needs_lasting_thread(request))
		error = lasting_thread_run(run_birth_with_own_ring, &job, &out->pid);
	else
		run_birth(&job);
	if (error != 0)
		fail(out, -error, RS_STEP_BIRTH, 0);
	assert(out->error == 0 ? out->pid > 0 && out->step == RS_STEP_NONE
			       : out->pid == -1 && out->pidfd == -1 && out->step != RS_STEP_NONE);
	out->pidfd = pidfd_above_stdio(out->pidfd);
}

int rs_spawn(struct rs_engine *engine, const void *block, uint32_t len, struct rs_outcome *out)
{
	struct request request;
	struct chain chain;
	int cgroup_fd, error = outcome_begin(engine, out);

	if (error != 0)
		return error;
	orphans_reap();
	if (request_parse(&request, block, len, out) != 0)
		return 0;
	if (request.envp == NULL)
		request.envp = environ_read(&engine->environ, out);
	if (request.envp != NULL && pipe_open(&request, engine, &cgroup_fd, out) == 0) {
		if (request.head.executor == RS_EXECUTOR_VFORK && engine->small_tables &&
		    !(request.head.flags & RS_F_KEEP_FDS))
			low_fds_use(&engine->low, &request);
		chain_build(&chain, &request, engine, cgroup_fd);
		if (refuse_privileged(&request.head, &chain, out) == 0)
			give_birth(engine, &request, &chain, out);
		low_fds_leave(&engine->low);
		pipe_close_child_ends(&request, cgroup_fd);
		if (out->error == 0) {
			pipe_close_given(&request);
			pipe_give(&request, out);
			thread_owns(engine, out);
		} else {
			pipe_close_parent_ends(&request);
		}
	}
	request_free(&request);
	return 0;
}
