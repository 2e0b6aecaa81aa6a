/* SPDX-License-Identifier: GPL-2.0 */
/* A tracer of a submitter: it sees every system call of the child that the submitter makes. */
#ifndef TRACER_H
#define TRACER_H

#include "lib.h"
#include <sys/ptrace.h>
#include <sys/uio.h>
#include <sys/user.h>

#ifndef PTRACE_SYSEMU
#define PTRACE_SYSEMU 31
#endif

#define SYSCALL_STOP (SIGTRAP | 0x80)
#define EVENT_STOP(event) (SIGTRAP | (event) << 8)

/* A process that runs `main` once its tracer is there. */
static inline pid_t tracee(void (*main)(unsigned), unsigned flags)
{
	pid_t pid = fork();
	int status;

	if (!pid) {
		raise(SIGSTOP);
		main(flags);
		_exit(99);
	}
	EQUAL(waitpid(pid, &status, WUNTRACED), pid);
	CHECK(!ptrace(PTRACE_SEIZE, pid, 0,
		      PTRACE_O_TRACEVFORK | PTRACE_O_TRACEEXEC | PTRACE_O_TRACEEXIT |
			      PTRACE_O_TRACESYSGOOD | PTRACE_O_EXITKILL));
	kill(pid, SIGCONT);
	return pid;
}

static inline struct user_regs_struct get_regs(pid_t pid)
{
	struct user_regs_struct regs;

	CHECK(!ptrace(PTRACE_GETREGS, pid, 0, &regs));
	return regs;
}

/*
 * Lets the submitter run and follows its child to its `nth` stop of this kind (at a system call, if
 * it is one, of this number). Returns the child's pid.
 */
static inline pid_t run_child_to(pid_t submitter, int stop, long nr, int nth)
{
	pid_t pid, child = 0;
	int status;

	for (;;) {
		pid = waitpid(-1, &status, __WALL);
		CHECK(pid > 0);
		if (!WIFSTOPPED(status)) {
			if (pid == submitter)
				FAIL("the submitter has ended with %#x", status);
			FAIL("the child has ended with %#x", status);
		}
		if (pid == submitter) {
			CHECK(!ptrace(PTRACE_CONT, pid, 0, 0));
			continue;
		}
		child = pid;
		if (status >> 8 == stop &&
		    (stop != SYSCALL_STOP || (long)get_regs(pid).orig_rax == nr) && !--nth)
			return child;
		CHECK(!ptrace(PTRACE_SYSCALL, pid, 0, 0));
	}
}

/* The end of a tracee that has been told to go on; what it stops for on the way doesn't count. */
static inline int traced_end(pid_t pid)
{
	int status;

	for (;;) {
		EQUAL(waitpid(pid, &status, __WALL), pid);
		if (!WIFSTOPPED(status))
			return status;
		ptrace(PTRACE_CONT, pid, 0, 0);
	}
}

/* ... of one that run_child_to() has left where it is; it may have been killed there. */
static inline int go_on_to_end(pid_t pid)
{
	ptrace(PTRACE_CONT, pid, 0, 0);
	return traced_end(pid);
}

#endif
