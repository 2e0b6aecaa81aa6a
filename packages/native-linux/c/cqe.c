/*
 * What completions mean. Every request has one. A chain is over when as many completions have come
 * as it has requests, and not before: until then the child may read this process's memory.
 */
#define _GNU_SOURCE
#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "child_path.h"
#include "fault.h"
#include "kernel.h"
#include "prespawn.h"
#include "run.h"
#include "exec_failure.h"
#include "vfork_birth.h"

void run_fail(struct run *run, int error, enum rs_step step, uint32_t index)
{
	run->error = error;
	run->step = step;
	run->index = index;
}

static int injected(uint32_t step, uint32_t index, int error)
{
	int wanted = fault(step, index);

	return wanted != 0 ? wanted : error;
}

/* A birth with a list of fds also fails for one fd of the list: because the fd was closed
 * meanwhile, or because its number is beyond the limit. */
static void fail_birth(struct run *run, int error)
{
	const struct chain *chain = run->chain;
	struct rlimit limit = { RLIM_INFINITY, RLIM_INFINITY };

	getrlimit(RLIMIT_NOFILE, &limit);
	for (uint32_t i = 0; error == EBADF && run->is_listed && i < chain->step_count; i++) {
		const struct step *step = &chain->steps[i];

		if (step->kind != RS_STEP_FDS)
			continue;
		if ((uint64_t)step->args[1] >= limit.rlim_cur ||
		    fcntl((int)step->args[0], F_GETFD) < 0) {
			run_fail(run, error, RS_STEP_FDS, step->index);
			return;
		}
	}
	run_fail(run, error, birth_step(&chain->birth, error), 0);
}

/* Takes one completion: the request at this place of this run is over, with this result. */
static void run_complete(uint64_t user_data, int32_t res)
{
	struct run *run = run_of(user_data);
	const struct chain *chain = run->chain;
	uint32_t place = place_of(user_data);

	assert(run->left > 0 && place < run->places);
	run->left--;
	/* The request was cut off by the end of the chain, which has a completion that says why. */
	if (res == -ECANCELED)
		return;
	if (place == 0) {
		if (res < 0)
			fail_birth(run, -res);
		else
			run->pid = res;
		return;
	}
	if (res >= 0)
		return;
	if (place <= chain->step_count) {
		const struct step *step = &chain->steps[place - 1];

		run_fail(run, injected(step->kind, step->index, -res), step->kind, step->index);
		return;
	}
	place -= 1 + chain->step_count;
	if (run->is_prespawn && place == PRESPAWN_READ) {
		/* A signal ended the wait and then the child, whose exit status tells of it. */
	} else if (run->is_prespawn && place < PRESPAWN_EXEC) {
		run_fail(run, -res, RS_STEP_CWD, 0);
	} else {
		uint32_t candidate = run->is_prespawn ? place - PRESPAWN_EXEC : place;

		/* The prespawned child had room for more candidates than its program has. */
		if (candidate >= chain->candidate_count)
			return;
		run->exec_index = candidate;
		run->exec_error = injected(RS_STEP_FILE, candidate, -res);
		if (run->shell == NULL)
			chain->candidates[candidate].error = run->exec_error;
	}
}

void uring_turn(struct uring *uring, uint32_t wanted)
{
	struct ring *ring = &uring->ring;
	int error = ring_enter(ring, wanted);
	struct cqe cqe;

	while (ring_take(ring, &cqe))
		run_complete(cqe.user_data, cqe.res);
	if (error == 0 || error == -EINTR)
		return;
	for (uint32_t i = ring_unsubmitted(ring); i > 0; i--)
		run_complete(ring->sqes[(ring->tail - i) & ring->sq_mask].user_data, error);
	ring_withdraw(ring);
	assert(ring_unsubmitted(ring) == 0);
}

/* Whether the child found a file at this path. The child is gone, so its root and its cwd are
 * followed from here. */
static int is_there(const struct chain *chain, const char *path)
{
	int fd;

	/* Nowhere is a file without a name, though it would lead to the directory itself here. */
	if (path[0] == 0)
		return 0;
	fd = child_path_open(chain, path);
	if (fd >= 0)
		close(fd);
	return fd >= 0;
}

void run_conclude(struct run *run)
{
	const struct chain *chain = run->chain;

	assert(run->left == 0);
	if (run->error == 0 && run->exec_error != 0) {
		if (run->shell != NULL) {
			/* The candidate was found, and the shell was not. The caller knows which
			 * candidate it was. */
			run_fail(run, run->exec_error, RS_STEP_INTERPRETER, 0);
		} else if (!search_goes_on_after(run->exec_error)) {
			run_fail(run, run->exec_error, RS_STEP_FILE, run->exec_index);
		} else if (run->exec_index + 1 == chain->candidate_count) {
			struct exec_failure failure = exec_failure_of(chain, is_there);

			run_fail(run, failure.error, failure.step, failure.index);
		}
		/* In all other cases a signal has killed the child during its search. That is the
		 * end of a process, and no failure to start one. */
	}
}

void run_drop_child(struct run *run)
{
	int signal;

	if (run->pid > 0)
		child_reap(run->pidfd, run->pid, &signal);
	if (run->pidfd >= 0)
		close(run->pidfd);
	run->pidfd = -1;
}

int run_was_interrupted(const struct run *run)
{
	return run->error == EINTR && run->pid == 0;
}
