// SPDX-License-Identifier: GPL-2.0
/* Tracers see the child: events as of vfork, EXEC and SPAWN_CALL as system calls; strace and gdb
 * follow it. */
#include "lib.h"
#include <sys/ptrace.h>
#include <sys/user.h>
#include <elf.h>
#include <sys/uio.h>

static int spawn_once(unsigned flags)
{
	struct ring r;
	int pid, status;

	ring_open(&r, 8, flags);
	put_clone(&r, SOFT, 1);
	put_call(&r, SOFT, 2, __NR_umask, 027, 0, 0, 0);
	put_exec(&r, 0, 3, "/bin/sh", ARGV("sh", "-c", "exit 6"));
	submit(&r);
	pid = result(&r, 1);
	CHECK(result(&r, 2) >= 0);
	RESULT(&r, 3, 0);
	while (waitpid(pid, &status, 0) != pid)
		CHECK(errno == EINTR);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 255;
}

static long orig_rax(pid_t pid)
{
	struct user_regs_struct regs;
	struct iovec iov = { &regs, sizeof(regs) };

	CHECK(!ptrace(PTRACE_GETREGSET, pid, NT_PRSTATUS, &iov));
	return regs.orig_rax;
}

static void by_hand(unsigned flags)
{
	int vfork_event = 0, done_event = 0, exec_event = 0, saw_umask = 0, saw_execve = 0, status;
	pid_t tracee, child = 0, pid;

	tracee = fork();
	if (!tracee) {
		raise(SIGSTOP);
		_exit(spawn_once(flags));
	}
	EQUAL(waitpid(tracee, &status, WUNTRACED), tracee);
	CHECK(!ptrace(PTRACE_SEIZE, tracee, 0,
		      PTRACE_O_TRACEVFORK | PTRACE_O_TRACEVFORKDONE | PTRACE_O_TRACEEXEC |
			      PTRACE_O_TRACESYSGOOD));
	kill(tracee, SIGCONT);
	for (;;) {
		int sig = 0;

		pid = waitpid(-1, &status, __WALL);
		CHECK(pid > 0);
		if (WIFEXITED(status) || WIFSIGNALED(status)) {
			if (pid == tracee)
				break;
			continue;
		}
		switch (status >> 8) {
		case SIGTRAP | PTRACE_EVENT_VFORK << 8: {
			unsigned long message;

			CHECK(pid == tracee && !ptrace(PTRACE_GETEVENTMSG, pid, 0, &message));
			CHECK(!child || (pid_t)message == child);
			child = message;
			vfork_event++;
			CHECK(!done_event);
			break;
		}
		case SIGTRAP | PTRACE_EVENT_VFORK_DONE << 8:
			CHECK(pid == tracee);
			done_event++;
			break;
		case SIGTRAP | PTRACE_EVENT_EXEC << 8:
			if (pid != tracee)
				exec_event++;
			break;
		case SIGTRAP | 0x80:
			if (pid != tracee && !exec_event) {
				saw_umask += orig_rax(pid) == __NR_umask;
				saw_execve += orig_rax(pid) == __NR_execve;
			}
			break;
		case SIGTRAP | PTRACE_EVENT_STOP << 8:
			if (pid != tracee)
				child = pid;
			break;
		default:
			if (WSTOPSIG(status) != SIGTRAP)
				sig = WSTOPSIG(status);
			if (sig == SIGSTOP)
				sig = 0;
		}
		CHECK(!ptrace(pid == tracee ? PTRACE_CONT : PTRACE_SYSCALL, pid, 0, sig));
	}
	if (!WIFEXITED(status) || WEXITSTATUS(status) != 6)
		FAIL("tracee ended with %#x", status);
	EQUAL(vfork_event, 1);
	EQUAL(done_event, 1);
	EQUAL(exec_event, 1);
	EQUAL(saw_umask, 2);
	CHECK(saw_execve >= 1);
}

static int output_of(const char *command, char *text, size_t len)
{
	FILE *f = popen(command, "r");
	size_t n = fread(text, 1, len - 1, f);

	text[n] = 0;
	return pclose(f);
}

static int have(const char *tool)
{
	char path[64];

	snprintf(path, sizeof(path), "/usr/bin/%s", tool);
	return !access(path, X_OK);
}

static void test(struct ring *r)
{
	static char text[1 << 20];
	char self[512], command[2048];
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);

	CHECK(n > 0);
	self[n] = 0;
	by_hand(r->flags);

	/* the programs people use; run on this very file, see below. Slow ones: where time is dear,
	 * on the last ring only */
	if (share_of(1) == 0 && !(r->flags & IORING_SETUP_DEFER_TASKRUN))
		return;
	if (!have("strace") || !have("gdb"))
		SKIP("no strace or no gdb");
	setenv("TRACE_TEST_MODE", mode_name, 1);
	snprintf(command, sizeof(command), "timeout 60 strace -f -e trace=execve,umask %s 2>&1",
		 self);
	int status = output_of(command, text, sizeof(text));
	if (!strstr(text, "execve(\"/bin/sh\", [\"sh\", \"-c\", \"exit 6\"]") ||
	    !strstr(text, "umask(027)") || !strstr(text, "exited with 6"))
		FAIL("strace (%d) says:\n%s", status, text);
	snprintf(
		command, sizeof(command),
		"timeout 120 gdb -nx -batch -ex 'set follow-fork-mode child' -ex 'catch exec' -ex run -ex 'info inferiors' "
		"-ex 'kill' %s 2>&1 </dev/null",
		self);
	status = output_of(command, text, sizeof(text));
	if (!strstr(text, "(exec'd /") || !strstr(text, "dash"))
		FAIL("gdb (%d), following the child, says:\n%s", status, text);
	/* ... and staying with the parent, whose breakpoints survive the child */
	snprintf(
		command, sizeof(command),
		"timeout 120 gdb -nx -batch -ex 'break spawn_over' -ex run -ex 'backtrace 1' -ex 'kill' %s 2>&1 </dev/null",
		self);
	status = output_of(command, text, sizeof(text));
	if (!strstr(text, "Breakpoint 1, spawn_over"))
		FAIL("gdb (%d), staying with the parent, says:\n%s", status, text);
	unsetenv("TRACE_TEST_MODE");
}

__attribute__((noinline)) void spawn_over(int code);
void spawn_over(int code)
{
	_exit(code != 6);
}

/* As the tracee of strace and gdb: one spawn, nothing else. */
__attribute__((constructor)) static void tracee(void)
{
	const char *mode = getenv("TRACE_TEST_MODE");

	for (unsigned i = 0; mode && i < sizeof(modes) / sizeof(*modes); i++) {
		if (!strcmp(modes[i].name, mode)) {
			unsetenv("TRACE_TEST_MODE");
			spawn_over(spawn_once(modes[i].flags));
		}
	}
}
