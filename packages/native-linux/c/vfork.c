/*
 * The vfork executor.
 *
 * The child runs in the parent's memory and on the parent's thread pointer, while the other threads
 * of the parent go on. So it may call no function of libc (errno and every lock are the parent's),
 * no malloc, nothing that a sanitizer or the stack protector adds, and no memcpy that a compiler
 * makes of a loop. It makes raw system calls, writes only to its own stack, to struct vfork_child
 * and to what the chain keeps for it (the errors of the candidates, the shell's argument), and
 * ends in execve or exit_group. This whole file is compiled for that (build.mjs),
 * and the build fails if its object refers to any function but the two of arch/.
 *
 * Each of these system calls acts on the child alone, because its file table, dispositions, limits,
 * ids and cwd were copied at the birth.
 *
 * A child that changes its ids does not share the memory but gets a copy. Whoever has the new ids
 * may look into the memory of such a child unless it is marked undumpable. The kernel marks it, but
 * a mark on shared memory would be the parent's as well. Taking it off again would open the memory
 * to the new ids for as long as another such child shares it; and the child itself still does for
 * some moments after its parent was woken by the exec.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/wait.h>

#include "fault.h"
#include "kernel.h"
#include "outcome.h"
#include "step_call.h"
#include "exec_failure.h"
#include "vfork.h"
#include "vfork_birth.h"

/* arch/<machine>/clone.S */
long rs_clone3(struct kernel_clone_args *args, unsigned long size, void (*child)(void *), void *arg)
	__attribute__((visibility("hidden")));
long rs_clone(unsigned long flags, void *stack_top, int *pidfd, void (*child)(void *), void *arg)
	__attribute__((visibility("hidden")));

static int clone3_error;

int clone3_refused(void)
{
	return __atomic_load_n(&clone3_error, __ATOMIC_RELAXED);
}

long vfork_birth_run(struct vfork_birth *birth)
{
	long pid;

	birth->pidfd = -1;
	birth->by_clone = 0;
	if (clone3_refused() == 0 || birth->cgroup_fd >= 0) {
		struct kernel_clone_args args = {
			.flags = birth->flags | KERNEL_CLONE_VFORK | KERNEL_CLONE_CLEAR_SIGHAND,
			.pidfd = (uint64_t)(uintptr_t)&birth->pidfd,
			.exit_signal = (uint64_t)birth->exit_signal,
			/* clone3 adds the two, and looks at the sum alone. */
			.stack = (uint64_t)(uintptr_t)birth->stack_top - 4096,
			.stack_size = 4096,
		};

		if (birth->cgroup_fd >= 0) {
			args.flags |= KERNEL_CLONE_INTO_CGROUP;
			args.cgroup = (uint64_t)birth->cgroup_fd;
		}
		pid = rs_clone3(&args, sizeof(args), birth->child, birth->arg);
		/*
		 * Sandboxes refuse clone3 as a whole, because they cannot look into its struct:
		 * with ENOSYS where clone(2) is to be used in its place, or with EPERM. There is no
		 * child then.
		 */
		if ((pid != -ENOSYS && pid != -EPERM) || birth->cgroup_fd >= 0)
			return pid;
		/* EPERM may be about flags that the caller asked for, which clone(2) will tell. */
		if (pid == -ENOSYS || (birth->flags & ~(KERNEL_CLONE_VM | KERNEL_CLONE_FILES |
							KERNEL_CLONE_PIDFD)) == 0)
			__atomic_store_n(&clone3_error, (int)-pid, __ATOMIC_RELAXED);
	}
	birth->by_clone = 1;
	return rs_clone((unsigned long)(birth->flags | KERNEL_CLONE_VFORK) |
				(unsigned long)birth->exit_signal,
			birth->stack_top, &birth->pidfd, birth->child, birth->arg);
}

void signals_reset_handlers(void)
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

long child_reap(int pidfd, long pid, int *signal)
{
	long refused = 0, reaped;
	siginfo_t info;
	int status = 0;

	*signal = 0;
	if (pidfd >= 0) {
		do
			refused = sys5(SYS_waitid, KERNEL_P_PIDFD, pidfd, (long)&info,
				       WEXITED | KERNEL_WALL, 0);
		while (refused == -EINTR);
		if (refused == 0 && info.si_code != CLD_EXITED)
			*signal = info.si_status;
		if (refused == 0 || refused == -ECHILD)
			return refused;
	}
	/* libc's own spawn makes this call, so a filter that allows a spawn at all allows it. Where
	 * a sandbox has refused the other, the caller is told; but the child must not stay. */
	do
		reaped = sys4(SYS_wait4, pid, (long)&status, KERNEL_WALL, 0);
	while (reaped == -EINTR);
	if (reaped > 0 && WIFSIGNALED(status))
		*signal = WTERMSIG(status);
	return refused != 0 ? refused : reaped < 0 ? reaped : 0;
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

/* What the parent and the child share during a birth, also where the child has a copy of the rest
 * of the memory. */
struct vfork_child {
	const struct chain *chain;
	struct vfork_birth birth;
	/* Written by the child if it fails. They are volatile, because the compiler sees no write
	 * in the parent. */
	volatile int error;
	volatile uint32_t step;
	volatile uint32_t index;
	/* With a copy of the memory: what becomes of each candidate. Else none. */
	volatile int errors[];
};

static void die(struct vfork_child *child, long error, uint32_t step, uint32_t index)
{
	child->error = (int)error;
	child->step = step;
	child->index = index;
	for (;;)
		sys1(SYS_exit_group, 127);
}

static long open_at_number(const struct step *step)
{
	long wanted = step->args[0], fd, ret;

	/* The number is closed first, so that open finds one where all are taken. */
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

/* Does one step, and returns what the kernel answered. */
static long run_step(const struct step *step)
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
	/* The parent may have died before the call, and then no signal will come. In a ring the
	 * kernel itself looks at the parent. */
	if (step->kind == RS_STEP_DIE_WITH_PARENT && ret == 0 && step->args[2] != 0 &&
	    sys0(SYS_getppid) != step->args[2])
		return -ESRCH;
	return ret;
}

static long execve_of(const char *path, const char *const *argv, const char *const *envp)
{
	return sys3(SYS_execve, (long)path, (long)argv, (long)envp);
}

static long exec_candidate(struct vfork_child *child, uint32_t i)
{
	const struct chain *chain = child->chain;
	const char *path = chain->candidates[i].path;
	long ret = -fault(RS_STEP_FILE, i);

	if (ret == 0)
		ret = execve_of(path, chain->argv, chain->envp);
	if (ret != -ENOEXEC || chain->shell_argv == 0)
		return ret;
	chain->shell_argv[1] = path;
	ret = execve_of(chain->shell_argv[0], chain->shell_argv, chain->envp);
	/* The candidate was found, and the shell could not be executed. */
	die(child, -ret, RS_STEP_INTERPRETER, i);
	return ret;
}

static int is_there(const struct chain *chain, const char *path)
{
	(void)chain;
	return sys3(SYS_faccessat, AT_FDCWD, (long)path, 0) == 0;
}

/* What the child does, from its first instruction on. */
static void child_main(void *arg)
{
	struct vfork_child *child = arg;
	const struct chain *chain = child->chain;
	struct exec_failure failure;
	long ret;

	if (child->birth.by_clone)
		signals_reset_handlers();
	if (child->birth.flags & KERNEL_CLONE_FILES) {
		/* Until this call the child has the parent's own table. It gets a copy of the fds
		 * that it needs. */
		ret = sys3(SYS_close_range, chain->birth.fds_end, ~0u, KERNEL_CLOSE_RANGE_UNSHARE);
		if (ret < 0)
			die(child, -ret, RS_STEP_BIRTH, 0);
	}
	for (uint32_t i = 0; i < chain->step_count; i++) {
		const struct step *step = &chain->steps[i];

		ret = -fault(step->kind, step->index);
		if (ret == 0)
			ret = run_step(step);
		if (ret < 0)
			die(child, -ret, step->kind, step->index);
	}
	for (uint32_t i = 0; i < chain->candidate_count; i++) {
		ret = exec_candidate(child, i);
		if (!search_goes_on_after((int)-ret))
			die(child, -ret, RS_STEP_FILE, i);
		chain->candidates[i].error = (int)-ret;
		if (chain->changes_ids)
			child->errors[i] = (int)-ret;
	}
	failure = exec_failure_of(chain, is_there);
	die(child, failure.error, failure.step, failure.index);
}

void probe_child(void *arg)
{
	struct probe_child *probe = arg;

	/* UNSHARE gives the child a table of its own before anything is closed. */
	if (!probe->only_says)
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

/* The flags that not every birth has. */
static uint64_t birth_flags(const struct chain *chain)
{
	const struct birth *birth = &chain->birth;

	return birth->namespaces | (chain->changes_ids ? 0 : KERNEL_CLONE_VM) |
	       (birth->fds_end != 0 ? KERNEL_CLONE_FILES : 0) |
	       (birth->without_pidfd ? 0 : KERNEL_CLONE_PIDFD);
}

uint64_t vfork_flags(const struct chain *chain)
{
	uint64_t flags = birth_flags(chain) | KERNEL_CLONE_VFORK;

	if (chain->birth.cgroup_fd >= 0)
		return flags | KERNEL_CLONE_CLEAR_SIGHAND | KERNEL_CLONE_INTO_CGROUP;
	return clone3_refused() ? flags : flags | KERNEL_CLONE_CLEAR_SIGHAND;
}

static void run(const struct chain *chain, void *stack_top, struct vfork_child *child,
		struct rs_outcome *out)
{
	uint64_t signals;
	int signal;
	long pid;

	child->chain = chain;
	child->error = 0;
	child->step = RS_STEP_NONE;
	child->index = 0;
	child->birth.flags = birth_flags(chain);
	child->birth.cgroup_fd = chain->birth.cgroup_fd;
	child->birth.exit_signal = chain->birth.exit_signal;
	child->birth.stack_top = stack_top;
	child->birth.child = child_main;
	child->birth.arg = child;

	signals_block(&signals);
	pid = -fault(RS_STEP_BIRTH, 0);
	if (pid == 0)
		pid = vfork_birth_run(&child->birth);
	signals_restore(&signals);

	if (pid < 0) {
		fail(out, (int)-pid, birth_step(&chain->birth, (int)-pid), 0);
	} else if (child->error != 0) {
		child_reap(child->birth.pidfd, pid, &signal);
		if (child->birth.pidfd >= 0)
			sys1(SYS_close, child->birth.pidfd);
		fail(out, child->error, child->step, child->index);
	} else {
		out->pid = (int32_t)pid;
		out->pidfd = child->birth.pidfd;
	}
}

static void run_in_copy(const struct chain *chain, void *stack_top, struct rs_outcome *out)
{
	long size = (long)(sizeof(struct vfork_child) + chain->candidate_count * sizeof(int));
	long shared =
		sys6(SYS_mmap, 0, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	struct vfork_child *child = (struct vfork_child *)shared;

	if (shared < 0 && shared > -4096) {
		fail(out, (int)-shared, RS_STEP_MEMORY, 0);
		return;
	}
	run(chain, stack_top, child, out);
	for (uint32_t i = 0; i < chain->candidate_count; i++)
		chain->candidates[i].error = child->errors[i];
	sys2(SYS_munmap, shared, size);
}

void vfork_run(const struct chain *chain, void *stack_top, struct rs_outcome *out)
{
	struct vfork_child child;

	if (chain->changes_ids)
		run_in_copy(chain, stack_top, out);
	else
		run(chain, stack_top, &child, out);
}
