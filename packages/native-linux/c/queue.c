/* Starts that are not waited for: the entry points around pending.c and prespawn.c. */
#define _GNU_SOURCE
#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "chain.h"
#include "engine.h"
#include "fd.h"
#include "lasting.h"
#include "orphan.h"
#include "outcome.h"
#include "pending.h"
#include "pipe.h"
#include "prespawn.h"
#include "request.h"
#include "ringspawn.h"
#include "thread.h"
#include "uring.h"

extern char **environ;

/* A copy of `environ` in one allocation, which the program may change while a chain is under way.
 * NULL: no memory */
static char **copy_environ(void)
{
	size_t count = 0, size = 0;
	char **copy, *text;

	while (environ[count] != NULL)
		size += strlen(environ[count++]) + 1;
	copy = malloc((count + 1) * sizeof(char *) + size);
	if (copy == NULL)
		return NULL;
	text = (char *)&copy[count + 1];
	for (size_t i = 0; i < count; i++) {
		copy[i] = text;
		text = stpcpy(text, environ[i]) + 1;
	}
	copy[count] = NULL;
	return copy;
}

/* 0, or -errno with `out` filled; what the flight holds is its owner's to free in both cases. */
static int board(struct rs_engine *engine, struct flight *flight, struct rs_outcome *out)
{
	struct request *request = &flight->request;

	if (pipe_open(request, engine, &flight->cgroup_fd, out) != 0)
		return -out->error;
	if (pipe_keep(request, &flight->cgroup_fd, out) != 0)
		return -out->error;
	flight->has_child_ends = 1;
	chain_build(&flight->chain, request, engine, flight->cgroup_fd);
	return 0;
}

/* 0 if the flight can go into the ring; else -errno, with `out` filled. */
static int ring_for_start(struct rs_engine *engine, struct flight *flight, struct rs_outcome *out)
{
	if (flight->request.envp == NULL) {
		flight->environ = copy_environ();
		if (flight->environ == NULL)
			return fail(out, ENOMEM, RS_STEP_MEMORY, 0);
		flight->chain.envp = (const char *const *)flight->environ;
	}
	return uring_for(&engine->uring, &flight->chain, out);
}

static int ring_for_parking(struct rs_engine *engine, struct flight *flight, uint32_t gate,
			    struct rs_outcome *out)
{
	int error = flight_park(flight, gate);

	if (error != 0)
		return fail(out, -error, RS_STEP_MEMORY, 0);
	if (flight_length(flight) > URING_MAX_CHAIN)
		return fail(out, E2BIG, RS_STEP_BIRTH, 0);
	if (engine->parking == NULL)
		engine->parking = uring_open(1);
	return engine->parking != NULL ? 0 : fail(out, errno, RS_STEP_BIRTH, 0);
}

#define NO_GATE UINT32_MAX

/* A ticket; or 0, with `out` filled. */
static int queue(struct rs_engine *engine, struct flight *flight, uint32_t gate,
		 struct rs_outcome *out)
{
	int error;

	if (flight->request.head.executor != RS_EXECUTOR_IO_URING)
		fail(out, EINVAL, RS_STEP_REQUEST, offsetof(struct rs_request, executor));
	else if (board(engine, flight, out) == 0) {
		error = gate == NO_GATE ? ring_for_start(engine, flight, out)
					: ring_for_parking(engine, flight, gate, out);
		if (error != 0)
			pipe_close_parent_ends(&flight->request);
	}
	if (out->error != 0) {
		flight_free(flight);
		return 0;
	}
	pipe_give(&flight->request, out);
	thread_owns(out);
	return (int)uring_queue(gate == NO_GATE ? engine->uring : engine->parking, flight);
}

/* 0 with *flight, which is then the caller's; else what the entry point is to answer. */
static int prepare(const struct rs_engine *engine, const void *block, uint32_t len,
		   struct rs_outcome *out, struct flight **flight)
{
	*flight = NULL;
	if (out == NULL || engine == NULL)
		return -EFAULT;
	if (out->size != sizeof(*out))
		return -EINVAL;
	outcome_reset(out);
	orphans_reap();
	*flight = calloc(1, sizeof(**flight));
	if (*flight == NULL) {
		fail(out, ENOMEM, RS_STEP_MEMORY, 0);
	} else if (request_parse(&(*flight)->request, block, len, out) != 0) {
		free(*flight);
		*flight = NULL;
	}
	return 0;
}

int rs_queue(struct rs_engine *engine, const void *block, uint32_t len, struct rs_outcome *out)
{
	struct flight *flight;
	int error = prepare(engine, block, len, out, &flight);

	if (flight == NULL)
		return error;
	if (flight->request.shell_argv != NULL || needs_process_thread(&flight->request)) {
		flight_free(flight);
		return -EOPNOTSUPP;
	}
	return queue(engine, flight, NO_GATE, out);
}

static int has_given(const struct request *request)
{
	for (uint32_t i = 0; i < request->head.slots.count; i++)
		if (request->slots[i].flags & RS_SLOT_GIVEN)
			return 1;
	return 0;
}

static int has_slot(const struct request *request, uint32_t target)
{
	for (uint32_t i = 0; i < request->head.slots.count; i++)
		if ((uint32_t)request->slots[i].target == target)
			return request->slots[i].kind == RS_SLOT_FD;
	return 0;
}

int rs_park(struct rs_engine *engine, const void *block, uint32_t len, uint32_t gate,
	    struct rs_outcome *out)
{
	struct flight *flight;
	int error = prepare(engine, block, len, out, &flight);

	if (flight == NULL)
		return error;
	if (flight->request.shell_argv != NULL || needs_process_thread(&flight->request) ||
	    !has_slot(&flight->request, gate)) {
		int answer = has_slot(&flight->request, gate) ? -EOPNOTSUPP : -EINVAL;

		flight_free(flight);
		return answer;
	}
	if (has_given(&flight->request)) {
		fail(out, EINVAL, RS_STEP_REQUEST, offsetof(struct rs_request, slots));
		flight_free(flight);
		return 0;
	}
	return queue(engine, flight, gate, out);
}

int rs_fill(struct rs_engine *engine, uint32_t ticket, int32_t gate_fd, const void *block,
	    uint32_t len)
{
	struct rs_outcome unused;
	struct request program;
	char **copy = NULL;
	int error;

	if (engine == NULL)
		return -EFAULT;
	if (engine->parking == NULL)
		return -ESRCH;
	error = request_parse(&program, block, len, &unused);
	if (error != 0)
		return error;
	if (program.envp == NULL) {
		copy = copy_environ();
		error = copy == NULL ? -ENOMEM : 0;
	}
	if (error == 0)
		error = uring_fill(engine->parking, ticket, &program, copy, gate_fd);
	if (error != 0) {
		free(copy);
		request_free(&program);
	}
	return error;
}

static struct uring *ring_of(const struct rs_engine *engine, uint32_t ring)
{
	return ring == RS_RING_PARKING ? engine->parking : engine->uring;
}

int rs_submit(struct rs_engine *engine, uint32_t ring, uint32_t hush, struct rs_started *out,
	      uint32_t capacity)
{
	struct uring *uring;
	uint32_t count;

	if (engine == NULL || (out == NULL && capacity != 0))
		return -EFAULT;
	uring = ring_of(engine, ring);
	if (uring == NULL)
		return 0;
	if (hush)
		uring_hush(uring);
	count = uring_submit(uring, out, capacity);
	for (uint32_t i = 0; i < count; i++) {
		out[i].pidfd = pidfd_above_stdio(out[i].pidfd);
		if (out[i].pidfd >= 0)
			thread_owns_pidfd(out[i].pidfd);
	}
	return (int)count;
}

int rs_bell(const struct rs_engine *engine, uint32_t ring)
{
	if (engine == NULL)
		return -EFAULT;
	return ring_of(engine, ring) == NULL ? -ENOENT : uring_bell(ring_of(engine, ring));
}
