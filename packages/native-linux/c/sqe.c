/*
 * The requests of a chain, which is one link: CLONE, the steps as SPAWN_CALLs, the candidates as
 * EXECs. A soft link stands behind each step: the first that fails ends the chain. A hard link with
 * EXEC_SEARCH stands behind each candidate: the kernel does the search of execvp. A request is
 * copied when it is submitted. What its arguments point to (paths, argv, limits) is read when it
 * runs, and so lives until the chain's last completion.
 *
 * Where the kernel can give a child the fds of a list and no others, CLONE has such a list, and
 * there are no requests for the FDS and CLOSE_FDS steps. The birth then takes as long with many
 * open fds as with few.
 */
#define _GNU_SOURCE
#include <assert.h>
#include <fcntl.h>
#include <string.h>

#include "exec_failure.h"
#include "fault.h"
#include "kernel.h"
#include "run.h"
#include "sqe.h"
#include "step_call.h"

struct sqe *sqe_put(struct uring *uring, struct run *run, uint8_t opcode, uint8_t flags)
{
	struct sqe *sqe = ring_put(&uring->ring);

	sqe->opcode = opcode;
	sqe->flags = flags;
	sqe->user_data = user_data_of(run, run->places++);
	run->left++;
	return sqe;
}

/* Whether CLONE can have the list of the child's fds. A fault that a test asks for needs the
 * request of its step. */
static int can_be_listed(const struct uring *uring, const struct chain *chain)
{
	if (!uring->lists_fds || chain->listed == NULL)
		return 0;
	for (uint32_t i = 0; i < chain->step_count; i++)
		if ((chain->steps[i].kind == RS_STEP_FDS ||
		     chain->steps[i].kind == RS_STEP_CLOSE_FDS) &&
		    fault(chain->steps[i].kind, chain->steps[i].index) != 0)
			return 0;
	return 1;
}

/* Makes the list of the FDS steps, whose targets ascend, and returns its length. */
static uint32_t fill_list(const struct chain *chain)
{
	uint32_t count = 0;

	for (uint32_t i = 0; i < chain->step_count; i++)
		if (chain->steps[i].kind == RS_STEP_FDS) {
			struct listed_fd listed = { .fd = (int32_t)chain->steps[i].args[1],
						    .from = (int32_t)chain->steps[i].args[0] };

			assert(count == 0 || chain->listed[count - 1].fd < listed.fd);
			chain->listed[count++] = listed;
		}
	return count;
}

static void put_clone(struct uring *uring, struct run *run)
{
	const struct birth *birth = &run->chain->birth;
	struct sqe *sqe = sqe_put(uring, run, OP_CLONE, SQE_LINK);

	sqe->rw_flags = birth->without_pidfd ? 0 : CLONE_STORE_PIDFD;
	sqe->addr = birth->without_pidfd ? 0 : (uint64_t)(uintptr_t)&run->pidfd;
	sqe->off = birth->namespaces;
	if (birth->cgroup_fd >= 0) {
		sqe->rw_flags |= CLONE_IN_CGROUP;
		sqe->fd = birth->cgroup_fd;
	}
	if (run->is_listed) {
		sqe->rw_flags |= CLONE_LISTED_FDS;
		sqe->addr3 = (uint64_t)(uintptr_t)run->chain->listed;
		sqe->len = fill_list(run->chain);
	}
}

struct sqe *sqe_put_call(struct uring *uring, struct run *run, const struct step_call *call)
{
	struct sqe *sqe = sqe_put(uring, run, OP_SPAWN_CALL, SQE_LINK);
	uint64_t *kept = uring->calls[ring_place(&uring->ring, sqe)];

	memcpy(kept, call->args, sizeof(call->args));
	sqe->len = (uint32_t)call->number;
	sqe->addr = (uint64_t)(uintptr_t)kept;
	return sqe;
}

/* A number that is no system call makes the request fail, for a fault that a test asks for. cqe.c
 * puts the error in that the test has chosen. */
static const struct step_call injected_failure = { .number = STEP_HAS_NO_CALL };

static void put_step(struct uring *uring, struct run *run, const struct step *step)
{
	struct step_call call = step_call_of(step);

	if (run->is_listed && step->kind == RS_STEP_CLOSE_FDS) {
		run->places++;
		return;
	}
	if (run->is_listed && step->kind == RS_STEP_FDS) {
		/* The child has the fd at its number from birth on. */
		call = (struct step_call){ SYS_fcntl,
					   { (uint64_t)step->args[1], F_SETFD, FD_CLOEXEC } };
		if (step->args[2] != 0)
			sqe_put_call(uring, run, &call);
		else
			run->places++;
		return;
	}
	if (fault(step->kind, step->index) != 0)
		call = injected_failure;
	sqe_put_call(uring, run, &call);
}

void sqe_put_exec(struct uring *uring, struct run *run, const char *path, const char *const *argv,
		  uint8_t flags)
{
	struct sqe *sqe = sqe_put(uring, run, OP_EXEC, flags);

	sqe->fd = AT_FDCWD;
	sqe->addr = (uint64_t)(uintptr_t)path;
	sqe->off = (uint64_t)(uintptr_t)argv;
	sqe->addr3 = (uint64_t)(uintptr_t)run->chain->envp;
	sqe->len = EXEC_SEARCH;
}

static void put_candidate(struct uring *uring, struct run *run, uint32_t i)
{
	const struct chain *chain = run->chain;
	uint8_t flags = i + 1 < chain->candidate_count ? SQE_HARDLINK : 0;
	int error = fault(RS_STEP_FILE, i);

	if (error == 0)
		sqe_put_exec(uring, run, chain->candidates[i].path, chain->argv, flags);
	else
		sqe_put_call(uring, run, &injected_failure)->flags =
			flags != 0 && !search_goes_on_after(error) ? SQE_LINK : flags;
}

void sqe_put_birth(struct uring *uring, struct run *run)
{
	run->is_listed = can_be_listed(uring, run->chain);
	put_clone(uring, run);
	for (uint32_t i = 0; i < run->chain->step_count; i++)
		put_step(uring, run, &run->chain->steps[i]);
}

void sqe_put_chain(struct uring *uring, struct run *run, const struct chain *chain,
		   const char *shell)
{
	*run = (struct run){ .chain = chain, .shell = shell, .pidfd = -1 };
	sqe_put_birth(uring, run);
	if (shell != NULL)
		sqe_put_exec(uring, run, shell, chain->shell_argv, 0);
	else
		for (uint32_t i = 0; i < chain->candidate_count; i++)
			put_candidate(uring, run, i);
}
