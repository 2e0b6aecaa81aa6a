/*
 * The vfork executor.
 *
 * What the child may not do. It runs in the parent's memory, on the parent's thread pointer, while
 * the parent's other threads go on. So: no libc function (errno and every lock are the parent's),
 * no malloc, nothing a sanitizer or the stack protector would add, no memcpy that a compiler makes
 * of a loop. It makes raw system calls, writes only to its own stack and to the walk below, and
 * ends in execve or exit_group. This whole file is compiled so (build.mjs), and the build fails if
 * its object refers to any function but the two of arch/.
 *
 * Each of its system calls acts on the child alone: file table, dispositions, limits, ids and cwd
 * were copied at the birth. One exception: a change of ids marks the shared memory undumpable; see
 * vfork_run.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include "fault.h"
#include "kernel.h"
#include "outcome.h"
#include "step_call.h"
#include "verdict.h"
#include "vfork.h"
#include "vfork_birth.h"

/* arch/<machine>/clone.S */
long rs_clone3(struct kernel_clone_args *args, unsigned long size, void (*child)(void *), void *arg)
	__attribute__((visibility("hidden")));
long rs_clone(unsigned long flags, void *stack_top, int *pidfd, void (*child)(void *), void *arg)
	__attribute__((visibility("hidden")));

#define CRADLE_FLAGS (KERNEL_CLONE_VM | KERNEL_CLONE_VFORK)

static int clone3_refused;

int cradle_clone3_refused(void)
{
	return __atomic_load_n(&clone3_refused, __ATOMIC_RELAXED);
}

/*
 * No signal at the child's end until it has exec'd, where the kernel makes it SIGCHLD: a program
 * that never ran sends none, and no waitpid(-1) of another library can take its place in our
 * report.
 */
long cradle_birth(struct cradle *cradle)
{
	long pid;

	cradle->pidfd = -1;
	cradle->by_clone = 0;
	if (cradle_clone3_refused() == 0 || cradle->cgroup_fd >= 0) {
		struct kernel_clone_args args = {
			.flags = cradle->flags | CRADLE_FLAGS | KERNEL_CLONE_CLEAR_SIGHAND,
			.pidfd = (uint64_t)(uintptr_t)&cradle->pidfd,
			/* clone3 takes the lowest address and adds the size: any split of the top
			   will do. */
			.stack = (uint64_t)(uintptr_t)cradle->stack_top - 4096,
			.stack_size = 4096,
		};

		if (cradle->cgroup_fd >= 0) {
			args.flags |= KERNEL_CLONE_INTO_CGROUP;
			args.cgroup = (uint64_t)cradle->cgroup_fd;
		}
		pid = rs_clone3(&args, sizeof(args), cradle->child, cradle->arg);
		/*
		 * Sandboxes refuse clone3 as a whole, because they cannot look into its struct:
		 * ENOSYS from those that want us to use clone(2), EPERM from the others. No child
		 * exists by now.
		 */
		if ((pid != -ENOSYS && pid != -EPERM) || cradle->cgroup_fd >= 0)
			return pid;
		/* With flags of the caller's, EPERM may be about them; clone(2) will tell. */
		if (pid == -ENOSYS ||
		    (cradle->flags & ~(KERNEL_CLONE_FILES | KERNEL_CLONE_PIDFD)) == 0)
			__atomic_store_n(&clone3_refused, (int)-pid, __ATOMIC_RELAXED);
	}
	cradle->by_clone = 1;
	return rs_clone((unsigned long)(cradle->flags | CRADLE_FLAGS), cradle->stack_top,
			&cradle->pidfd, cradle->child, cradle->arg);
}

void cradle_reset_handlers(void)
{
	for (int sig = 1; sig <= KERNEL_NSIG; sig++) {
		struct kernel_sigaction action;

		if (sys4(SYS_rt_sigaction, sig, 0, (long)&action, KERNEL_SIGSET_SIZE) != 0)
			continue;
		if (action.handler == SIG_DFL || action.handler == SIG_IGN)
			continue;
		action.handler = SIG_DFL;
		action.flags = 0;
		sys4(SYS_rt_sigaction, sig, (long)&action, 0, KERNEL_SIGSET_SIZE);
	}
}

long cradle_reap(int pidfd, long pid)
{
	long ret;

	do {
		if (pidfd >= 0)
			ret = sys5(SYS_waitid, KERNEL_P_PIDFD, pidfd, 0, WEXITED | KERNEL_WALL, 0);
		else
			ret = sys5(SYS_waitid, P_PID, pid, 0, WEXITED | KERNEL_WALL, 0);
	} while (ret == -EINTR);
	return ret;
}

void signals_block(uint64_t *before)
{
	uint64_t all = ~0ull;

	sys4(SYS_rt_sigprocmask, SIG_SETMASK, (long)&all, (long)before, KERNEL_SIGSET_SIZE);
}

void signals_restore(const uint64_t *before)
{
	sys4(SYS_rt_sigprocmask, SIG_SETMASK, (long)before, 0, KERNEL_SIGSET_SIZE);
}

/* What parent and child share during a birth. */
struct walk {
	const struct chain *chain;
	struct cradle cradle;
	/* The child's last words. Volatile: to the compiler nobody else writes here. */
	volatile int error;
	volatile uint32_t step;
	volatile uint32_t index;
};

static void die(struct walk *walk, long error, uint32_t step, uint32_t index)
{
	walk->error = (int)error;
	walk->step = step;
	walk->index = index;
	for (;;)
		sys1(SYS_exit_group, 127);
}

static long open_at_number(const struct step *step)
{
	long wanted = step->args[0], fd, ret;

	/* First, so that it works where every number is taken. */
	sys1(SYS_close, wanted);
	fd = sys4(SYS_openat, AT_FDCWD, (long)step->data, step->args[1], step->args[2]);
	if (fd < 0 || fd == wanted)
		return fd;
	ret = sys3(SYS_dup3, fd, wanted, 0);
	if (ret >= 0)
		ret = sys1(SYS_close, fd);
	return ret;
}

static long take_foreground(const struct step *step)
{
	int group = (int)sys1(SYS_getpgid, 0);

	return sys3(SYS_ioctl, step->args[0], step->args[1], (long)&group);
}

/* One step: what the kernel answered. */
static long take(const struct step *step)
{
	struct step_call call;
	long ret;

	if (step->kind == RS_STEP_OPEN)
		return open_at_number(step);
	if (step->kind == RS_STEP_FOREGROUND)
		return take_foreground(step);
	call = step_call_of(step);
	if (call.number == STEP_HAS_NO_CALL)
		return -EINVAL;
	ret = sys6(call.number, (long)call.args[0], (long)call.args[1], (long)call.args[2],
		   (long)call.args[3], (long)call.args[4], (long)call.args[5]);
	/* The parent may have died before the call, and then no signal will come. A ring's kernel
	 * looks by itself. */
	if (step->kind == RS_STEP_DIE_WITH_PARENT && ret == 0 && step->args[2] != 0 &&
	    sys0(SYS_getppid) != step->args[2])
		return -ESRCH;
	return ret;
}

static long execve_of(const char *path, const char *const *argv, const char *const *envp)
{
	return sys3(SYS_execve, (long)path, (long)argv, (long)envp);
}

static long exec_candidate(struct walk *walk, uint32_t i)
{
	const struct chain *chain = walk->chain;
	const char *path = chain->candidates[i].path;
	long ret = -fault(RS_STEP_FILE, i);

	if (ret == 0)
		ret = execve_of(path, chain->argv, chain->envp);
	if (ret != -ENOEXEC || chain->shell_argv == 0)
		return ret;
	chain->shell_argv[1] = path;
	ret = execve_of(chain->shell_argv[0], chain->shell_argv, chain->envp);
	/* The candidate was fine, it is the shell that is missing. */
	die(walk, -ret, RS_STEP_INTERPRETER, i);
	return ret;
}

static int is_there(const struct chain *chain, const char *path)
{
	(void)chain;
	return sys3(SYS_faccessat, AT_FDCWD, (long)path, 0) == 0;
}

/* The child. */
static void child(void *arg)
{
	struct walk *walk = arg;
	const struct chain *chain = walk->chain;
	struct verdict verdict;
	long ret;

	if (walk->cradle.by_clone)
		cradle_reset_handlers();
	if (walk->cradle.flags & KERNEL_CLONE_FILES) {
		/* Until here the table was the parent's own; this gives us a copy of no more than
		 * we need. */
		ret = sys3(SYS_close_range, chain->birth.fds_end, ~0u, KERNEL_CLOSE_RANGE_UNSHARE);
		if (ret < 0)
			die(walk, -ret, RS_STEP_BIRTH, 0);
	}
	for (uint32_t i = 0; i < chain->step_count; i++) {
		const struct step *step = &chain->steps[i];

		ret = -fault(step->kind, step->index);
		if (ret == 0)
			ret = take(step);
		if (ret < 0)
			die(walk, -ret, step->kind, step->index);
	}
	for (uint32_t i = 0; i < chain->candidate_count; i++) {
		ret = exec_candidate(walk, i);
		if (!search_goes_on_after((int)-ret))
			die(walk, -ret, RS_STEP_FILE, i);
		chain->candidates[i].error = (int)-ret;
	}
	verdict = exec_verdict(chain, is_there);
	die(walk, verdict.error, verdict.step, verdict.index);
}

void probe_child(void *arg)
{
	struct probe_child *probe = arg;

	/* Its own table: the numbers are copies. */
	probe->close_range = sys3(SYS_close_range, 3, ~0u, KERNEL_CLOSE_RANGE_UNSHARE);
	probe->said = PROBE_CHILD_SAID;
	for (;;)
		sys1(SYS_exit_group, 0);
}

enum rs_step birth_step(const struct birth *birth, int error)
{
	if (error == EAGAIN || error == ENOMEM)
		return RS_STEP_BIRTH;
	if (birth->cgroup_fd >= 0 && birth->namespaces == 0)
		return RS_STEP_CGROUP;
	if (birth->cgroup_fd >= 0 && (error == EBADF || error == EACCES || error == EBUSY ||
				      error == EOPNOTSUPP || error == ENODEV || error == ENOENT))
		return RS_STEP_CGROUP;
	return birth->namespaces != 0 ? RS_STEP_NAMESPACES : RS_STEP_BIRTH;
}

/* Beyond what every cradle has. */
static uint64_t birth_flags(const struct birth *birth)
{
	return birth->namespaces | (birth->fds_end != 0 ? KERNEL_CLONE_FILES : 0) |
	       (birth->without_pidfd ? 0 : KERNEL_CLONE_PIDFD);
}

uint64_t vfork_flags(const struct chain *chain)
{
	uint64_t flags = birth_flags(&chain->birth) | CRADLE_FLAGS;

	if (chain->birth.cgroup_fd >= 0)
		return flags | KERNEL_CLONE_CLEAR_SIGHAND | KERNEL_CLONE_INTO_CGROUP;
	return cradle_clone3_refused() ? flags : flags | KERNEL_CLONE_CLEAR_SIGHAND;
}

void vfork_run(const struct chain *chain, void *stack_top, struct rs_outcome *out)
{
	struct walk walk;
	uint64_t signals;
	long dumpable = -1;
	long pid;

	walk.chain = chain;
	walk.error = 0;
	walk.step = RS_STEP_NONE;
	walk.index = 0;
	walk.cradle.flags = birth_flags(&chain->birth);
	walk.cradle.cgroup_fd = chain->birth.cgroup_fd;
	walk.cradle.stack_top = stack_top;
	walk.cradle.child = child;
	walk.cradle.arg = &walk;

	/* "Dumpable" belongs to the memory, not to the process, and a change of ids takes it away.
	 */
	if (chain->changes_ids)
		dumpable = sys5(SYS_prctl, PR_GET_DUMPABLE, 0, 0, 0, 0);
	signals_block(&signals);
	pid = -fault(RS_STEP_BIRTH, 0);
	if (pid == 0)
		pid = cradle_birth(&walk.cradle);
	signals_restore(&signals);
	if (dumpable == 0 || dumpable == 1)
		sys5(SYS_prctl, PR_SET_DUMPABLE, dumpable, 0, 0, 0);

	if (pid < 0) {
		fail(out, (int)-pid, birth_step(&chain->birth, (int)-pid), 0);
	} else if (walk.error != 0) {
		cradle_reap(walk.cradle.pidfd, pid);
		if (walk.cradle.pidfd >= 0)
			sys1(SYS_close, walk.cradle.pidfd);
		fail(out, walk.error, walk.step, walk.index);
	} else {
		out->pid = (int32_t)pid;
		out->pidfd = walk.cradle.pidfd;
	}
}
