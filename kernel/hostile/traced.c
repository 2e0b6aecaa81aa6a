// SPDX-License-Identifier: GPL-2.0
/*
 * A tracer stops the child wherever it can, changes what it finds there, makes it go on, lets go of
 * it, kills it, or goes; meanwhile the submitter unmaps and closes its ring and exits.
 */
#include "chain.h"
#include <sys/user.h>

static void prepare(void)
{
}

static void submitter(unsigned flags)
{
	struct stock s;
	struct ring r;

	raise(SIGSTOP);
	stock_open(&s);
	ring_open(&r, 64, flags);
	for (unsigned i = 1 + any(3); i > 0; i--)
		put_some_chain(&r, &s, 4);
	submit(&r);
	a_while();
	if (one_in(2)) {
		ring_close(&r);
		a_while();
	}
	if (one_in(3))
		execl("/dev/shm/tiny_true", "true", NULL);
	_exit(0);
}

static void meddle(pid_t pid)
{
	static const long numbers[] = { __NR_execve, __NR_execveat,   __NR_umask, -1,
					__NR_getpid, __NR_exit_group, __NR_vfork, __NR_execve };
	struct user_regs_struct regs;
	unsigned long long *arg;

	if (ptrace(PTRACE_GETREGS, pid, 0, &regs))
		return;
	switch (any(6)) {
	case 0:
		regs.orig_rax = numbers[any(8)];
		break;
	case 1:
		arg = (unsigned long long *[]){ &regs.rdi, &regs.rsi, &regs.rdx,
						&regs.r10, &regs.r8,  &regs.r9 }[any(6)];
		*arg = one_in(2) ? (uint64_t)random() : *arg + any(64);
		break;
	case 2:
		regs.rax = any(2) ? (uint64_t)-any(600) : any(600);
		break;
	case 3:
		regs.rip = random(), regs.rsp = random();
		break;
	case 4:
		ptrace(PTRACE_POKEDATA, pid, regs.rsp & ~7ul, random());
		break;
	default:
		return;
	}
	ptrace(PTRACE_SETREGS, pid, 0, &regs);
}

static void attack(unsigned flags)
{
	static const int resume[] = { PTRACE_CONT,    PTRACE_SYSCALL,    PTRACE_SYSCALL,
				      PTRACE_SYSCALL, PTRACE_SINGLESTEP, 31 /* SYSEMU */,
				      PTRACE_DETACH };
	pid_t pid = fork();
	int status;

	if (!pid)
		submitter(flags);
	if (waitpid(pid, &status, WUNTRACED) != pid)
		return;
	ptrace(PTRACE_SEIZE, pid, 0,
	       PTRACE_O_TRACEVFORK | PTRACE_O_TRACESYSGOOD | (one_in(2) ? PTRACE_O_TRACEEXEC : 0) |
		       (one_in(2) ? PTRACE_O_TRACEEXIT : 0) |
		       (one_in(2) ? PTRACE_O_TRACEVFORKDONE : 0) |
		       (one_in(4) ? PTRACE_O_EXITKILL : 0));
	kill(pid, SIGCONT);
	for (unsigned stops = 1 + any(200); stops > 0; stops--) {
		pid = waitpid(-1, &status, __WALL);
		if (pid < 0)
			break;
		if (!WIFSTOPPED(status))
			continue;
		if (one_in(3))
			meddle(pid);
		if (one_in(20))
			a_while();
		if (one_in(40))
			kill(pid, one_in(2) ? SIGKILL : 1 + any(31));
		ptrace(resume[any(one_in(10) ? 7 : 5)], pid, 0, one_in(20) ? any(32) : 0);
	}
	/* and goes, whatever is stopped */
}
