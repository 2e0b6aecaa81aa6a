/*
 * The system call of each step: one answer for every executor.
 *
 * The vfork executor makes these calls itself, in a child that shares its parent's memory. So this
 * function is inlined, calls nothing, and is written field by field: no compiler makes a memcpy or
 * a memset of it, which build.mjs checks. The io_uring executor hands the numbers to the kernel,
 * and what the arguments point to is read when the kernel gets there: in both cases the step itself
 * must live until then.
 */
#ifndef RS_STEP_CALL_H
#define RS_STEP_CALL_H

#include <fcntl.h>
#include <signal.h>
#include <stdint.h>

#include "chain.h"
#include "kernel.h"

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__,
	       "an int64_t in a step is also read as the int that a call takes");

struct step_call {
	long number; /* STEP_HAS_NO_CALL: the step takes more than one call, or none */
	uint64_t args[6];
};
#define STEP_HAS_NO_CALL (-1L)

// NOLINTNEXTLINE(readability-function-size): it answers for every step
static inline __attribute__((always_inline)) struct step_call step_call_of(const struct step *step)
{
	static const struct kernel_sigaction to_default = { .handler = SIG_DFL };
	static const struct kernel_sigaction to_ignore = { .handler = SIG_IGN };
	const int64_t *args = step->args;
	const uint64_t data = (uint64_t)(uintptr_t)step->data;
	const uint64_t a = (uint64_t)args[0], b = (uint64_t)args[1], c = (uint64_t)args[2];

#define CALL(number, first, second, third, fourth) \
	((struct step_call){ (number), { (first), (second), (third), (fourth), 0, 0 } })
#define ADDRESS(object) ((uint64_t)(uintptr_t)(object))
	switch (step->kind) {
	case RS_STEP_NAMESPACES:
		return CALL(SYS_unshare, a, 0, 0, 0);
	case RS_STEP_SESSION:
		return CALL(SYS_setsid, 0, 0, 0, 0);
	case RS_STEP_PROCESS_GROUP:
		return CALL(SYS_setpgid, a, b, 0, 0);
	case RS_STEP_FDS:
		/* dup3 refuses equal numbers. The fd has its number then, and only its
		 * close-on-exec flag may have to be changed. */
		if (a == b)
			return CALL(SYS_fcntl, a, F_SETFD, c != 0 ? FD_CLOEXEC : 0, 0);
		return CALL(SYS_dup3, a, b, c, 0);
	case RS_STEP_CONTROLLING_TERMINAL:
		return CALL(SYS_ioctl, a, b, c, 0);
	case RS_STEP_LIMITS:
		/* The soft and the hard limit lie in the step as the call's struct has them. */
		return CALL(SYS_prlimit64, 0, a, ADDRESS(&args[1]), 0);
	case RS_STEP_PRIORITY:
		return CALL(SYS_setpriority, a, b, c, 0);
	case RS_STEP_IO_PRIORITY:
		return CALL(SYS_ioprio_set, a, b, c, 0);
	case RS_STEP_AFFINITY:
		return CALL(SYS_sched_setaffinity, a, b, data, 0);
	case RS_STEP_SCHEDULER:
		return CALL(SYS_sched_setscheduler, a, b, ADDRESS(&args[2]), 0);
	case RS_STEP_UMASK:
		return CALL(SYS_umask, a, 0, 0, 0);
	case RS_STEP_ROOT:
		return CALL(SYS_chroot, data, 0, 0, 0);
	case RS_STEP_CWD:
		return data != 0 ? CALL(SYS_chdir, data, 0, 0, 0) : CALL(SYS_fchdir, a, 0, 0, 0);
	case RS_STEP_GROUPS:
		return CALL(SYS_setgroups, a, data, 0, 0);
	case RS_STEP_GID:
		return CALL(SYS_setresgid, a, b, c, 0);
	case RS_STEP_UID:
		return CALL(SYS_setresuid, a, b, c, 0);
	case RS_STEP_DIE_WITH_PARENT:
		/* The third number, the parent's pid, is for the executor's second look. */
		return CALL(SYS_prctl, a, b, 0, 0);
	case RS_STEP_NO_NEW_PRIVILEGES:
		return CALL(SYS_prctl, a, b, 0, 0);
	case RS_STEP_CLOSE_FDS:
		return CALL(SYS_close_range, a, b, c, 0);
	case RS_STEP_SIGNALS:
		return CALL(SYS_rt_sigaction, a,
			    ADDRESS(b == ADDRESS(SIG_DFL) ? &to_default : &to_ignore), 0,
			    KERNEL_SIGSET_SIZE);
	case RS_STEP_MASK:
		return CALL(SYS_rt_sigprocmask, a, ADDRESS(&args[1]), 0, KERNEL_SIGSET_SIZE);

	/* These need a number that only the child learns: the vfork executor alone has them. */
	case RS_STEP_OPEN:
	case RS_STEP_FOREGROUND:
		break;

	/* These are the parent's, or exec: no chain has them among its steps. */
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
	return CALL(STEP_HAS_NO_CALL, 0, 0, 0, 0);
#undef CALL
#undef ADDRESS
}

#endif
