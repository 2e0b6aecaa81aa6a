/*
 * The requests of a chain. Steps are linked softly: the first that fails ends the chain. Candidates
 * are linked hard, with EXEC_SEARCH: the kernel does execvp's search by itself. A request is copied
 * when it is submitted; what its arguments point to (paths, argv, limits) is read when it runs, and
 * so lives until the chain's last completion.
 *
 * Where the kernel can give a child the fds that are listed and no others, there are no requests
 * for the FDS and CLOSE_FDS steps: CLONE has the list. The birth is then the same however many fds
 * we have open.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <signal.h>
#include <string.h>

#include "verdict.h"
#include "fault.h"
#include "kernel.h"
#include "run.h"
#include "sqe.h"

/* The system call of a step. -1: a chain has none for it. */
// NOLINTNEXTLINE(readability-function-size): it answers for every step
static long call_of(const struct step *step, uint64_t a[6])
{
	static const struct kernel_sigaction to_default = { .handler = SIG_DFL };
	static const struct kernel_sigaction to_ignore = { .handler = SIG_IGN };

	for (int i = 0; i < 3; i++)
		a[i] = (uint64_t)step->args[i];
	a[3] = a[4] = a[5] = 0;
	switch (step->kind) {
	case RS_STEP_NAMESPACES:
		return SYS_unshare;
	case RS_STEP_SESSION:
		return SYS_setsid;
	case RS_STEP_PROCESS_GROUP:
		return SYS_setpgid;
	case RS_STEP_FDS:
		if (step->args[0] != step->args[1])
			return SYS_dup3;
		/* dup3 refuses equal numbers; there only close-on-exec stands in the way. */
		a[1] = F_SETFD;
		a[2] = step->args[2] != 0 ? FD_CLOEXEC : 0;
		return SYS_fcntl;
	case RS_STEP_TERMINAL:
		return SYS_ioctl;
	case RS_STEP_LIMITS:
		a[1] = a[0];
		a[0] = 0;
		a[2] = (uint64_t)(uintptr_t)&step->args[1];
		return SYS_prlimit64;
	case RS_STEP_PRIORITY:
		return SYS_setpriority;
	case RS_STEP_IO_PRIORITY:
		return SYS_ioprio_set;
	case RS_STEP_AFFINITY:
		a[2] = (uint64_t)(uintptr_t)step->data;
		return SYS_sched_setaffinity;
	case RS_STEP_SCHEDULER:
		a[2] = (uint64_t)(uintptr_t)&step
			       ->args[2]; /* its low half, on machines that begin with it */
		return SYS_sched_setscheduler;
	case RS_STEP_UMASK:
		return SYS_umask;
	case RS_STEP_ROOT:
		a[0] = (uint64_t)(uintptr_t)step->data;
		return SYS_chroot;
	case RS_STEP_CWD:
		if (step->data == NULL)
			return SYS_fchdir;
		a[0] = (uint64_t)(uintptr_t)step->data;
		return SYS_chdir;
	case RS_STEP_GROUPS:
		a[1] = (uint64_t)(uintptr_t)step->data;
		return SYS_setgroups;
	case RS_STEP_GID:
		return SYS_setresgid;
	case RS_STEP_UID:
		return SYS_setresuid;
	case RS_STEP_DIE_WITH_PARENT:
		/* In a chain the kernel itself looks whether the parent is still there; ESRCH, if
		 * not. */
		a[2] = 0;
		return SYS_prctl;
	case RS_STEP_NO_NEW_PRIVILEGES:
		return SYS_prctl;
	case RS_STEP_CLOSE_FDS:
		return SYS_close_range;
	case RS_STEP_SIGNALS:
		a[1] = (uint64_t)(uintptr_t)(step->args[1] == (intptr_t)SIG_DFL ? &to_default
										: &to_ignore);
		a[3] = KERNEL_SIGSET_SIZE;
		return SYS_rt_sigaction;
	case RS_STEP_MASK:
		a[1] = (uint64_t)(uintptr_t)&step->args[1];
		a[3] = KERNEL_SIGSET_SIZE;
		return SYS_rt_sigprocmask;
	/* They need a number that only the child learns, and a chain cannot pass one on. */
	case RS_STEP_OPEN:
	case RS_STEP_FOREGROUND:
		break;

	/* The parent's, and exec. */
	case RS_STEP_NONE:
	case RS_STEP_REQUEST:
	case RS_STEP_MEMORY:
	case RS_STEP_STDIO:
	case RS_STEP_CGROUP:
	case RS_STEP_BIRTH:
	case RS_STEP_FILE:
	case RS_STEP_INTERPRETER:
		break;
	}
	return -1;
}

struct sqe *sqe_put(struct uring *uring, struct run *run, uint8_t opcode, uint8_t flags)
{
	struct sqe *sqe = ring_put(&uring->ring);

	sqe->opcode = opcode;
	sqe->flags = flags;
	sqe->user_data = user_data_of(run, run->places++);
	run->left++;
	return sqe;
}

/* A fault wants the step that it is for. */
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

/* The FDS steps, whose targets ascend. */
static uint32_t fill_list(const struct chain *chain)
{
	uint32_t count = 0;

	for (uint32_t i = 0; i < chain->step_count; i++)
		if (chain->steps[i].kind == RS_STEP_FDS)
			chain->listed[count++] =
				(struct listed_fd){ .fd = (int32_t)chain->steps[i].args[1],
						    .from = (int32_t)chain->steps[i].args[0] };
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

struct sqe *sqe_put_call(struct uring *uring, struct run *run, long number, const uint64_t args[6])
{
	struct sqe *sqe = sqe_put(uring, run, OP_SPAWN_CALL, SQE_LINK);
	uint64_t *kept = uring->calls[ring_place(&uring->ring, sqe)];

	memcpy(kept, args, 6 * sizeof(*kept));
	sqe->len = (uint32_t)number;
	sqe->addr = (uint64_t)(uintptr_t)kept;
	return sqe;
}

/* A call that is not there fails as well as any; which error it was to be is told at its
 * completion. */
#define NO_CALL (-1L)

static void put_step(struct uring *uring, struct run *run, const struct step *step)
{
	uint64_t args[6];
	long number = call_of(step, args);

	if (run->is_listed && step->kind == RS_STEP_CLOSE_FDS) {
		run->places++;
		return;
	}
	if (run->is_listed && step->kind == RS_STEP_FDS) {
		if (step->args[2] != 0)
			sqe_put_call(uring, run, SYS_fcntl,
				     (const uint64_t[6]){ (uint64_t)step->args[1], F_SETFD,
							  FD_CLOEXEC });
		else
			run->places++;
		return;
	}
	sqe_put_call(uring, run, fault(step->kind, step->index) != 0 ? NO_CALL : number, args);
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
		sqe_put_call(uring, run, NO_CALL, (const uint64_t[6]){ 0 })->flags =
			flags != 0 && !search_goes_on_after(error) ? SQE_LINK : flags;
}

/* What every chain begins with. The ring has room for all of it. */
void sqe_put_birth(struct uring *uring, struct run *run)
{
	run->is_listed = can_be_listed(uring, run->chain);
	put_clone(uring, run);
	for (uint32_t i = 0; i < run->chain->step_count; i++)
		put_step(uring, run, &run->chain->steps[i]);
}

/* Queues the chain. */
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
