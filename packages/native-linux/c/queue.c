/* Starts that are not waited for: the entry points over pending.c and prespawn.c. */
#define _GNU_SOURCE
#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "chain.h"
#include "engine.h"
#include "environ.h"
#include "fd.h"
#include "lasting_thread.h"
#include "orphan.h"
#include "outcome.h"
#include "pending.h"
#include "pipe.h"
#include "privileged.h"
#include "prespawn.h"
#include "request.h"
#include "ringspawn.h"
#include "thread.h"
#include "uring.h"

/* Opens the fds and builds the chain. 0, or -errno with `out` filled; the caller frees `pending` in
 * both cases. */
static int pending_open(struct rs_engine *engine, struct pending *pending, struct rs_outcome *out)
{
	struct request *request = &pending->request;

	if (pipe_open(request, engine, &pending->cgroup_fd, out) != 0)
		return -out->error;
	if (pipe_keep(request, &pending->cgroup_fd, out) != 0)
		return -out->error;
	pending->has_child_ends = 1;
	chain_build(&pending->chain, request, engine, pending->cgroup_fd);
	return 0;
}

/* Opens the ring of starts, if it is not open. 0 if the chain can go into it; else -errno, with
 * `out` filled. */
static int ring_for_start(struct rs_engine *engine, struct pending *pending, struct rs_outcome *out)
{
	if (pending->request.envp == NULL) {
		/* The program may change its environment while the chain is pending. */
		pending->environ = environ_duplicate(&engine->environ, out);
		if (pending->environ == NULL)
			return -out->error;
		pending->chain.envp = (const char *const *)pending->environ;
	}
	return uring_for(&engine->uring, &pending->chain, out);
}

/* The same for the ring of prespawned children. */
static int ring_for_prespawn(struct rs_engine *engine, struct pending *pending, uint32_t release,
			     struct rs_outcome *out)
{
	int error = prespawn_init(pending, release);

	if (error != 0)
		return fail(out, -error, RS_STEP_MEMORY, 0);
	if (pending_length(pending) > URING_MAX_CHAIN)
		return fail(out, E2BIG, RS_STEP_BIRTH, 0);
	if (engine->prespawns == NULL)
		engine->prespawns = uring_open(1);
	return engine->prespawns != NULL ? 0 : fail(out, errno, RS_STEP_BIRTH, 0);
}

#define NO_RELEASE UINT32_MAX

/* Queues the chain. Returns its ticket; or 0 after a failure, with `out` filled. */
static int queue(struct rs_engine *engine, struct pending *pending, uint32_t release,
		 struct rs_outcome *out)
{
	int error;

	if (pending->request.head.executor != RS_EXECUTOR_IO_URING)
		fail(out, EINVAL, RS_STEP_REQUEST, offsetof(struct rs_request, executor));
	else if (pending_open(engine, pending, out) == 0) {
		error = release == NO_RELEASE ? ring_for_start(engine, pending, out)
					      : ring_for_prespawn(engine, pending, release, out);
		if (error == 0)
			error = refuse_privileged(&pending->request.head, &pending->chain, out);
		if (error != 0)
			pipe_close_parent_ends(&pending->request);
	}
	if (out->error != 0) {
		pending_free(pending);
		return 0;
	}
	pipe_give(&pending->request, out);
	thread_owns(engine, out);
	return (int)uring_queue(release == NO_RELEASE ? engine->uring : engine->prespawns, pending);
}

/* Checks `out` and parses the block. *pending is the caller's to free, or NULL: the entry point
 * then returns what this function returns. */
static int prepare(const struct rs_engine *engine, const void *block, uint32_t len,
		   struct rs_outcome *out, struct pending **pending)
{
	int error = outcome_begin(engine, out);

	*pending = NULL;
	if (error != 0)
		return error;
	orphans_reap();
	*pending = calloc(1, sizeof(**pending));
	if (*pending == NULL) {
		fail(out, ENOMEM, RS_STEP_MEMORY, 0);
	} else if (request_parse(&(*pending)->request, block, len, out) != 0) {
		free(*pending);
		*pending = NULL;
	}
	return 0;
}

int rs_queue(struct rs_engine *engine, const void *block, uint32_t len, struct rs_outcome *out)
{
	struct pending *pending;
	int error = prepare(engine, block, len, out, &pending);

	if (pending == NULL)
		return error;
	if (pending->request.shell_argv != NULL || needs_lasting_thread(&pending->request)) {
		pending_free(pending);
		return -EOPNOTSUPP;
	}
	return queue(engine, pending, NO_RELEASE, out);
}

static int has_given(const struct request *request)
{
	for (uint32_t i = 0; i < request->head.slots.count; i++)
		if (request->slots[i].flags & RS_SLOT_GIVEN)
			return 1;
	return 0;
}

static int inherits_at(const struct request *request, uint32_t target)
{
	for (uint32_t i = 0; i < request->head.slots.count; i++)
		if ((uint32_t)request->slots[i].target == target)
			return request->slots[i].kind == RS_SLOT_FD;
	return 0;
}

int rs_prespawn(struct rs_engine *engine, const void *block, uint32_t len, uint32_t release,
		struct rs_outcome *out)
{
	struct pending *pending;
	int error = prepare(engine, block, len, out, &pending);

	if (pending == NULL)
		return error;
	if (!inherits_at(&pending->request, release))
		error = -EINVAL;
	else if (pending->request.shell_argv != NULL || needs_lasting_thread(&pending->request))
		error = -EOPNOTSUPP;
	if (error != 0) {
		pending_free(pending);
		return error;
	}
	if (has_given(&pending->request)) {
		fail(out, EINVAL, RS_STEP_REQUEST, offsetof(struct rs_request, slots));
		pending_free(pending);
		return 0;
	}
	return queue(engine, pending, release, out);
}

int rs_prespawn_exec(struct rs_engine *engine, uint32_t ticket, int32_t release_fd,
		     const void *block, uint32_t len)
{
	struct rs_outcome failure;
	struct request program;
	char **copy = NULL;
	int error;

	if (engine == NULL)
		return -EFAULT;
	if (engine->prespawns == NULL)
		return -ESRCH;
	error = request_parse(&program, block, len, &failure);
	if (error != 0)
		return error;
	if (program.envp == NULL) {
		copy = environ_duplicate(&engine->environ, &failure);
		error = copy == NULL ? -failure.error : 0;
	}
	if (error == 0)
		error = prespawn_exec(engine->prespawns, ticket, &program, copy, release_fd);
	if (error != 0) {
		free(copy);
		request_free(&program);
	}
	return error;
}

static struct uring *ring_of(const struct rs_engine *engine, uint32_t ring)
{
	return ring == RS_RING_PRESPAWNS ? engine->prespawns : engine->uring;
}

int rs_submit(struct rs_engine *engine, uint32_t ring, uint32_t clear, struct rs_started *out,
	      uint32_t capacity)
{
	struct uring *uring;
	uint32_t count;

	if (engine == NULL || (out == NULL && capacity != 0))
		return -EFAULT;
	uring = ring_of(engine, ring);
	if (uring == NULL)
		return 0;
	if (clear)
		uring_clear_notify(uring);
	count = uring_submit(uring, out, capacity);
	for (uint32_t i = 0; i < count; i++) {
		out[i].pidfd = pidfd_above_stdio(out[i].pidfd);
		if (out[i].pidfd >= 0)
			thread_owns_fd(engine, out[i].pidfd);
	}
	return (int)count;
}

int rs_notify_fd(const struct rs_engine *engine, uint32_t ring)
{
	if (engine == NULL)
		return -EFAULT;
	return ring_of(engine, ring) == NULL ? -ENOENT : uring_notify_fd(ring_of(engine, ring));
}
