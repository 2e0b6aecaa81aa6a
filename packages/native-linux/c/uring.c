/*
 * The io_uring executor: the ring of an environment, and the run of a chain whose caller waits.
 * sqe.c has the requests of a chain, and cqe.c says what their completions mean.
 */
#define _GNU_SOURCE
#include <assert.h>
#include <errno.h>
#include <signal.h>
#include <sys/mman.h>
#include <time.h>

#include "fault.h"
#include "outcome.h"
#include "pending.h"
#include "prespawn.h"
#include "run.h"
#include "sqe.h"
#include "uring.h"

_Static_assert(URING_MAX_CHAIN == RING_ENTRIES, "a chain is submitted at once");

struct uring *uring_open(int prespawns)
{
	/* malloc cannot be called, because a signal handler that calls posix_spawn may have
	 * interrupted it. */
	struct uring *uring = mmap(NULL, sizeof(*uring), PROT_READ | PROT_WRITE,
				   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	int error;

	if (uring == MAP_FAILED)
		return NULL;
	error = ring_open(&uring->ring, prespawns);
	if (error != 0) {
		munmap(uring, sizeof(*uring));
		errno = -error;
		return NULL;
	}
	uring->end = &uring->first;
	uring->lists_fds = uring_kernel_lists_fds();
	return uring;
}

struct uring *uring_open_hidden(void)
{
	struct uring *uring = uring_open(0);
	int error = uring != NULL ? ring_hide(&uring->ring) : 0;

	if (error == 0)
		return uring;
	uring_close(uring);
	errno = -error;
	return NULL;
}

void uring_close(struct uring *uring)
{
	const struct timespec a_moment = { .tv_nsec = 1000000 };
	struct rs_started row;

	if (uring == NULL)
		return;
	/* The pid belongs to the child for as long as its chain is not over. */
	for (struct pending *pending = uring->first; pending != NULL; pending = pending->next)
		if (pending->prespawn != NULL && !pending->prespawn->has_program &&
		    pending->run.left > 0 && pending->run.pid > 0)
			kill(pending->run.pid, SIGKILL);
	/* No request of these chains blocks, and yet a file system may take its time. */
	for (int i = 0; i < 1000 && uring->first != NULL; i++) {
		while (uring_submit(uring, &row, 1) > 0)
			if (row.pidfd >= 0)
				rs_abandon(row.pidfd);
		if (uring->first != NULL)
			nanosleep(&a_moment, NULL);
	}
	ring_close(&uring->ring);
	/* A chain that is still pending may read the memory that is kept for it, so that stays. */
	if (uring->first == NULL)
		munmap(uring, sizeof(*uring));
}

uint32_t uring_length(const struct chain *chain)
{
	return 1 + chain->step_count + chain->candidate_count;
}

uint32_t uring_listed(const struct chain *chain)
{
	uint32_t count = 0;

	if (!uring_kernel_lists_fds() || chain->listed == NULL)
		return 0;
	for (uint32_t i = 0; i < chain->step_count; i++)
		count += chain->steps[i].kind == RS_STEP_FDS;
	return count;
}

int uring_for(struct uring **uring, const struct chain *chain, struct rs_outcome *out)
{
	if (uring_length(chain) > URING_MAX_CHAIN)
		return fail(out, E2BIG, RS_STEP_BIRTH, 0);
	if (*uring == NULL)
		*uring = uring_open(0);
	return *uring != NULL ? 0 : fail(out, errno, RS_STEP_BIRTH, 0);
}

void uring_make_room(struct uring *uring, uint32_t length)
{
	assert(length <= RING_ENTRIES);
	/* The kernel may take only a part of the requests, for want of memory. */
	while (ring_room(&uring->ring) < length)
		uring_turn(uring, 0);
}

void uring_run_once(struct uring *uring, struct run *run, const struct chain *chain,
		    const char *shell)
{
	int error = fault(RS_STEP_BIRTH, 0);

	if (error != 0) {
		*run = (struct run){ .chain = chain, .pidfd = -1 };
		run_fail(run, error, RS_STEP_BIRTH, 0);
		return;
	}
	do {
		uring_make_room(uring, uring_length(chain));
		sqe_put_chain(uring, run, chain, shell);
		while (run->left > 0)
			uring_turn(uring, run->left);
	} while (run_was_interrupted(run));
	run_conclude(run);
	if (run->error != 0)
		run_drop_child(run);
}

void uring_run(struct uring *uring, const struct chain *chain, struct rs_outcome *out)
{
	struct run run;

	uring_run_once(uring, &run, chain, NULL);
	if (run.error == ENOEXEC && run.step == RS_STEP_FILE && chain->shell_argv != NULL) {
		uint32_t candidate = run.index;

		/* A chain cannot turn to the shell by itself. A second chain can, because the
		 * program never ran. */
		chain->shell_argv[1] = chain->candidates[candidate].path;
		uring_run_once(uring, &run, chain, chain->shell_argv[0]);
		if (run.error != 0 && run.step == RS_STEP_INTERPRETER)
			run.index = candidate;
	}
	if (run.error != 0) {
		fail(out, run.error, run.step, run.index);
	} else {
		out->pid = run.pid;
		out->pidfd = run.pidfd;
	}
}
