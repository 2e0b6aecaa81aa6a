// SPDX-License-Identifier: GPL-2.0
/*
 * A tracer that confines what it traces changes system calls at their entry: the path that is
 * executed, arguments, the number, or it makes the call itself and leaves but the result. It may do
 * so with EXEC and SPAWN_CALL as after vfork, within the list that SPAWN_CALL has.
 */
#include "tracer.h"

static const char other[] = "/bin/sh";
static const char *const other_argv[] = { "sh", "-c", "exit 5", NULL };
static char directory[4096];

static struct {
	/* what the submitter saw */
	int call, exec;
} * seen;

static void submitter(unsigned flags)
{
	struct ring r;
	pid_t pid;

	ring_open(&r, 8, flags);
	put_clone(&r, HARD, 1);
	put_call(&r, HARD, 2, __NR_umask, 022, 0, 0, 0);
	put_sh(&r, 3, "test $(umask) != 0077 || exit 6");
	EQUAL(submit(&r), 3);
	pid = result(&r, 1);
	seen->call = result(&r, 2);
	seen->exec = result(&r, 3);
	while (waitpid(pid, NULL, 0) != pid)
		;
	_exit(0);
}

/*
 * The child is taken to the entry or the exit of a call, where its registers are set: number,
 * result, and the first three arguments, where they are not 0.
 */
struct change {
	long nr;
	int nth;
	struct {
		unsigned long long nr, rax, arg[5];
	} to;
	/* what comes of that: results, and the child's end; -1: as it is */
	int call, exec, end;
};

static void rewrite(struct ring *r, const struct change *c)
{
	pid_t pid = tracee(submitter, r->flags), child;
	struct user_regs_struct regs;
	int status;

	child = run_child_to(pid, SYSCALL_STOP, c->nr, c->nth);
	regs = get_regs(child);
	if (c->to.nr)
		regs.orig_rax = c->to.nr;
	if (c->to.rax)
		regs.rax = c->to.rax;
	if (c->to.arg[0])
		regs.rdi = c->to.arg[0];
	if (c->to.arg[1])
		regs.rsi = c->to.arg[1];
	if (c->to.arg[2])
		regs.rdx = c->to.arg[2];
	if (c->to.arg[3])
		regs.r10 = c->to.arg[3];
	if (c->to.arg[4])
		regs.r8 = c->to.arg[4];
	CHECK(!ptrace(PTRACE_SETREGS, child, 0, &regs));
	status = go_on_to_end(child);
	EQUAL(traced_end(pid), 0);
	if (c->call != -1)
		EQUAL(seen->call, c->call);
	EQUAL(seen->exec, c->exec);
	EQUAL(status, c->end);
}

static void sysemu(struct ring *r)
{
	pid_t pid = tracee(submitter, r->flags), child;
	struct user_regs_struct regs;
	int status;

	/* the stop before: the child is new */
	do {
		child = waitpid(-1, &status, __WALL);
		CHECK(child > 0);
		if (child == pid)
			CHECK(!ptrace(PTRACE_CONT, pid, 0, 0));
	} while (child == pid);
	CHECK(!ptrace(PTRACE_SYSEMU, child, 0, 0));
	for (int i = 0; i < 2; i++) {
		do {
			pid_t who = waitpid(-1, &status, __WALL);

			CHECK(who > 0);
			if (who == child)
				break;
			CHECK(who == pid && WIFSTOPPED(status));
			CHECK(!ptrace(PTRACE_CONT, pid, 0, 0));
		} while (1);
		EQUAL(status >> 8, SYSCALL_STOP);
		regs = get_regs(child);
		EQUAL(regs.orig_rax, i ? __NR_execve : __NR_umask);
		regs.rax = i ? -EACCES : 0123;
		CHECK(!ptrace(PTRACE_SETREGS, child, 0, &regs));
		CHECK(!ptrace(PTRACE_SYSEMU, child, 0, 0));
	}
	EQUAL(traced_end(child), SIGKILL);
	EQUAL(traced_end(pid), 0);
	EQUAL(seen->call, 0123);
	EQUAL(seen->exec, -EACCES);
}

#define ADDRESS(p) ((uintptr_t)(p))

static void test(struct ring *r)
{
	const struct change changes[] = {
		/* another path, and arguments */
		{ __NR_execve,
		  1,
		  { .arg = { ADDRESS(other), ADDRESS(other_argv) } },
		  -1,
		  0,
		  5 << 8 },
		/* ... one that isn't there */
		{ __NR_execve, 1, { .arg = { ADDRESS("/nowhere") } }, -1, -ENOENT, SIGKILL },
		/* execveat() in place of it: the directory is nothing, the path absolute */
		{ __NR_execve,
		  1,
		  { .nr = __NR_execveat,
		    .arg = { -1, ADDRESS(other), ADDRESS(other_argv), ADDRESS(environ) } },
		  -1,
		  0,
		  5 << 8 },
		/* something else */
		{ __NR_execve, 1, { .nr = __NR_getpid }, -1, -EINVAL, SIGKILL },
		/* refused, and what is said about it */
		{ __NR_execve, 1, { .nr = -1 }, -1, -ENOSYS, SIGKILL },
		{ __NR_execve, 1, { .nr = -1, .rax = -EPERM }, -1, -EPERM, SIGKILL },
		/* "done": it isn't */
		{ __NR_execve, 1, { .nr = -1, .rax = 7 }, -1, -ENOSYS, SIGKILL },
		/* a call with another argument */
		{ __NR_umask, 1, { .arg = { 077 } }, 022, 0, 6 << 8 },
		/* another call of the list, and one that isn't there */
		{ __NR_umask, 1, { .nr = __NR_setsid }, -1, 0, 0 },
		{ __NR_umask,
		  1,
		  { .nr = __NR_chroot, .arg = { ADDRESS(directory) } },
		  -ENOENT,
		  0,
		  0 },
		{ __NR_umask,
		  1,
		  { .nr = __NR_munmap, .arg = { ADDRESS(directory), 4096 } },
		  -EINVAL,
		  0,
		  0 },
		{ __NR_umask, 1, { .nr = -1, .rax = 0321 }, 0321, 0, 0 },
		/* at the exit */
		{ __NR_umask, 2, { .rax = 0456 }, 0456, 0, 0 },
		{ __NR_umask, 2, { .rax = -EBUSY }, -EBUSY, 0, 0 },
	};

	seen = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	umask(022);
	strcpy(directory, "/nowhere");
	for (unsigned i = 0; i < sizeof(changes) / sizeof(*changes); i++)
		rewrite(r, &changes[i]);
	sysemu(r);
	munmap(seen, 4096);
}
