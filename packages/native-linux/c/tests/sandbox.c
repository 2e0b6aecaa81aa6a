/* executor: vfork
 * Where clone3 is refused, as containers do by default, clone(2) serves. The filters are real ones
 * of seccomp, each in a process of its own: neither a filter nor the probe's answer can be taken
 * back.
 */
#include <pthread.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>

#include "refuse.h"
#include "test.h"

static void handler(int sig)
{
	(void)sig;
}

static pid_t home;
static volatile int ran_away, stop;

static void on_usr1(int sig)
{
	(void)sig;
	if (syscall(SYS_getpid) != home)
		ran_away = 1; /* in the memory that the child shares with its parent */
}

static void *pester(void *unused)
{
	(void)unused;
	while (!stop)
		kill(0, SIGUSR1);
	return NULL;
}

/*
 * A signal to the whole process group meets children that have not exec'd yet. It may end them,
 * which is its default action, and the program's handler must never run in them. exec resets
 * handlers, so only such a signal shows that the birth has reset them before.
 */
static void handlers_never_run_in_the_child(void)
{
	pthread_t thread;

	CHECK(setpgid(0, 0) == 0);
	home = getpid();
	signal(SIGUSR1, on_usr1);
	CHECK(pthread_create(&thread, NULL, pester, NULL) == 0);
	for (int i = 0; i < 100; i++) {
		struct req *r = req_show();
		struct rs_outcome out;

		put(&r->argv, "exit");
		put(&r->argv, "0");
		out = spawn_ok(r);
		close(out.ends[1].read);
		finish(&out);
	}
	stop = 1;
	pthread_join(thread, NULL);
	CHECK(!ran_away);
}

static void works_by_clone(int error, int probe_first)
{
	struct rs_probe probe = { .size = sizeof(probe) };
	struct rs_outcome out;
	const char *text;
	struct req *r;
	int before;

	refuse(SYS_clone3, error);
	signal(SIGUSR1, handler);
	signal(SIGUSR2, SIG_IGN);
	if (probe_first) {
		CHECK_IS(rs_probe(&probe), 0);
		CHECK_IS(probe.part, RS_PROBE_OK);
		CHECK_IS(probe.clone3, error);
	}
	engine_up();
	before = fd_count();
	r = req_show();
	r->head.signal_mask = 1ull << (SIGHUP - 1);
	text = shown(r);
	CHECK_SHOWS(text, "handled", "0");
	CHECK_SHOWS(text, "ignored", "800"); /* SIGUSR2 */
	CHECK_SHOWS(text, "mask", "1");
	CHECK_SHOWS(text, "fds", "0 1 2");
	CHECK(signal(SIGUSR1, SIG_DFL) == handler);
	CHECK_FAILS(spawn(req_new("/nonexistent")), ENOENT, RS_STEP_FILE, 0);
	r = req_show();
	put(&r->argv, "sleep");
	out = spawn_ok(r);
	close(out.ends[1].read);
	CHECK_IS(rs_kill(out.pidfd, SIGTERM), 0);
	CHECK_IS(finish(&out).signal, SIGTERM);
	/* A cgroup can only be given by clone3. */
	r = req_new("/bin/true");
	r->cgroup = "/sys";
	CHECK_FAILS(spawn(r), error, RS_STEP_CGROUP, 0);
	if (geteuid() == 0) {
		r = req_show();
		r->head.namespaces = 0x20000000;
		CHECK_SHOWS(shown(r), "pid", "1");
	}
	if (error == ENOSYS) /* after EPERM, glibc itself cannot start the thread that this needs */
		handlers_never_run_in_the_child();
	CHECK_IS(fd_count(), before);
	rs_engine_close(engine);
}

static void probe_says(int syscall_number, int error, uint32_t part)
{
	struct rs_probe probe = { .size = sizeof(probe) };
	int before = fd_count();

	refuse(syscall_number, error);
	if (syscall_number == SYS_clone)
		refuse(SYS_clone3, error);
	CHECK_IS(rs_probe(&probe), 0);
	CHECK_IS(probe.part, part);
	CHECK_IS(probe.error, error);
	CHECK(has_no_children());
	CHECK_IS(fd_count(), before);
	/* The second birth is the same, without asking the kernel. */
	CHECK_IS(rs_probe(&probe), 0);
	CHECK_IS(probe.part, part);
}

static void *reap_everything(void *unused)
{
	for (;;)
		waitpid(-1, NULL, __WALL);
	return unused;
}

/* As the init of a container does, in a thread: it is quicker than the probe in most trials. */
static void probe_bears_another_reaper(void)
{
	struct rs_probe probe = { .size = sizeof(probe) };
	pthread_t thread;

	for (int i = 0; i < 3; i++)
		CHECK(pthread_create(&thread, NULL, reap_everything, NULL) == 0);
	CHECK_IS(rs_probe(&probe), 0);
	CHECK_IS(probe.part, RS_PROBE_OK);
	CHECK_IS(probe.error, 0);
}

/* Stops the traced process at its next birth, kills the child before it runs, and lets go. */
static void kill_next_child_of(pid_t pid)
{
	unsigned long child;
	int status;

	do {
		CHECK(waitpid(pid, &status, __WALL) == pid && WIFSTOPPED(status));
		if (status >> 16 != PTRACE_EVENT_VFORK)
			CHECK(ptrace(PTRACE_CONT, pid, 0, 0) == 0);
	} while (status >> 16 != PTRACE_EVENT_VFORK);
	CHECK(ptrace(PTRACE_GETEVENTMSG, pid, 0, &child) == 0);
	CHECK(kill((pid_t)child, SIGKILL) == 0);
	do
		CHECK(waitpid((pid_t)child, &status, __WALL) == (pid_t)child);
	while (!WIFSIGNALED(status));
	CHECK(ptrace(PTRACE_DETACH, pid, 0, 0) == 0);
}

/* A trial that was cut off says nothing of this machine, and the next one says that all is well. */
static void probe_asks_again(void)
{
	struct rs_probe probe = { .size = sizeof(probe) };
	int go[2], status;
	char byte = 0;
	pid_t pid;

	CHECK(pipe2(go, O_CLOEXEC) == 0);
	pid = fork();
	if (pid == 0) {
		CHECK(read(go[0], &byte, 1) == 1);
		CHECK_IS(rs_probe(&probe), 0);
		CHECK_IS(probe.part, RS_PROBE_CLONE);
		CHECK_IS(probe.error, EINTR);
		CHECK(has_no_children());
		CHECK_IS(rs_probe(&probe), 0);
		CHECK_IS(probe.part, RS_PROBE_OK);
		CHECK_IS(probe.error, 0);
		_exit(0);
	}
	CHECK(ptrace(PTRACE_SEIZE, pid, 0, PTRACE_O_TRACEVFORK) == 0);
	CHECK(write(go[1], &byte, 1) == 1);
	kill_next_child_of(pid);
	CHECK(waitpid(pid, &status, 0) == pid);
	CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

static void works_by_clone3(void)
{
	engine_up();
	handlers_never_run_in_the_child();
	rs_engine_close(engine);
}

static volatile int caught;

static void catch_sigpipe(int sig)
{
	caught = sig;
}

/* SIGPIPE has its default action, a handler, or is pending already. */
static void a_write_raises_no_signal(void)
{
	sigset_t sigpipe, pending;
	int fds[2];

	CHECK(pipe2(fds, O_CLOEXEC | O_NONBLOCK) == 0);
	CHECK_IS(rs_write(fds[1], "abc", 3), 3);
	close(fds[0]);
	signal(SIGPIPE, SIG_DFL);
	CHECK_IS(rs_write(fds[1], "x", 1), -EPIPE);
	signal(SIGPIPE, catch_sigpipe);
	CHECK_IS(rs_write(fds[1], "x", 1), -EPIPE);
	CHECK_IS(caught, 0);
	signal(SIGPIPE, SIG_IGN);
	CHECK_IS(rs_write(fds[1], "x", 1), -EPIPE);
	signal(SIGPIPE, SIG_DFL);
	sigemptyset(&sigpipe);
	sigaddset(&sigpipe, SIGPIPE);
	sigprocmask(SIG_BLOCK, &sigpipe, NULL);
	CHECK_IS(rs_write(fds[1], "x", 1), -EPIPE);
	sigpending(&pending);
	CHECK(!sigismember(&pending, SIGPIPE));
	raise(SIGPIPE);
	CHECK_IS(rs_write(fds[1], "x", 1), -EPIPE);
	sigpending(&pending);
	CHECK(sigismember(&pending, SIGPIPE));
	close(fds[1]);
}

static void inherits_the_environment(int error)
{
	struct req *r;

	engine_up();
	refuse(SYS_process_vm_readv, error);
	for (int i = 0; i < 2; i++) {
		/* A list that libc has allocated, and not the kernel. */
		CHECK(setenv(i == 0 ? "ADDED" : "ADDED_LATER", "x", 1) == 0);
		r = req_show();
		r->head.flags |= RS_F_INHERIT_ENV;
		CHECK(strstr(shown(r), i == 0 ? "ADDED=x\n" : "ADDED_LATER=x\n") != NULL);
	}
	rs_engine_close(engine);
}

/* As much as no buffer holds goes to a child and comes back, and each end is told of. */
static void pipes_without_pipe2(int error)
{
	static char sent[1 << 20], got[1 << 20];
	struct rs_outcome out;
	size_t there = 0, back = 0;
	int32_t ret;
	int before;
	struct req *r;

	engine_up();
	refuse(SYS_pipe2, error);
	before = fd_count();
	CHECK_SHOWS(shown(req_show()), "fds", "0 1 2");
	for (size_t i = 0; i < sizeof(sent); i++)
		sent[i] = (char)(i * 2654435761u >> 24);
	r = req_new("/bin/cat");
	slot(r, 0, RS_SLOT_PIPE_IN, 0);
	slot(r, 1, RS_SLOT_PIPE_OUT, 0);
	out = spawn_ok(r);
	while (back < sizeof(got)) {
		struct pollfd ready[2] = { { .fd = out.ends[1].read, .events = POLLIN },
					   { .fd = out.ends[0].write, .events = POLLOUT } };

		CHECK(poll(ready, out.ends[0].write < 0 ? 1 : 2, 30000) > 0);
		if (out.ends[0].write >= 0 && (ready[1].revents & POLLOUT)) {
			ret = rs_write(out.ends[0].write, sent + there,
				       (uint32_t)(sizeof(sent) - there));
			CHECK(ret > 0 || ret == -EAGAIN);
			there += ret > 0 ? (size_t)ret : 0;
			if (there == sizeof(sent)) {
				CHECK_IS(rs_close(out.ends[0].write), 0);
				out.ends[0].write = -1;
			}
		}
		ret = rs_read(out.ends[1].read, got + back, (uint32_t)(sizeof(got) - back));
		CHECK(ret > 0 || ret == -EAGAIN);
		back += ret > 0 ? (size_t)ret : 0;
	}
	CHECK(memcmp(sent, got, sizeof(sent)) == 0);
	CHECK_IS(drain(out.ends[1].read)[0], 0);
	CHECK_IS(finish(&out).code, 0);
	/* Who does not read any more is written to in vain, without a signal. */
	r = req_new("/bin/true");
	slot(r, 0, RS_SLOT_PIPE_IN, 0);
	out = spawn_ok(r);
	signal(SIGPIPE, SIG_DFL);
	CHECK_IS(finish(&out).code, 0);
	CHECK_IS(rs_hung_up(out.ends[0].write), 1);
	CHECK_IS(rs_write(out.ends[0].write, "x", 1), -EPIPE);
	close_ends(&out);
	CHECK_IS(fd_count(), before);
	rs_engine_close(engine);
}

static void run(int which)
{
	pid_t pid = fork();
	int status;

	if (pid == 0) {
		switch (which) {
		case 0:
			works_by_clone(ENOSYS, 1);
			break;
		case 1:
			works_by_clone(EPERM, 1);
			break;
		case 2:
			works_by_clone(ENOSYS, 0);
			break;
		case 3:
			works_by_clone(EPERM, 0);
			break;
		case 4:
			probe_says(SYS_clone, EPERM, RS_PROBE_CLONE);
			break;
		case 5:
			probe_says(SYS_close_range, ENOSYS, RS_PROBE_CLOSE_RANGE);
			break;
		case 6:
			probe_says(SYS_close_range, EPERM, RS_PROBE_CLOSE_RANGE);
			break;
		case 7:
			probe_says(SYS_epoll_ctl, EPERM, RS_PROBE_PIDFD);
			break;
		case 8:
			works_by_clone3();
			break;
		case 9:
			probe_says(SYS_pidfd_send_signal, ENOSYS, RS_PROBE_SIGNAL);
			break;
		case 10:
			probe_says(SYS_pidfd_send_signal, EPERM, RS_PROBE_SIGNAL);
			break;
		case 11:
			a_write_raises_no_signal();
			break;
		case 12:
			refuse(SYS_pwritev2, EOPNOTSUPP);
			a_write_raises_no_signal();
			break;
		case 13:
			inherits_the_environment(EPERM);
			break;
		case 14:
			probe_says(SYS_waitid, ENOSYS, RS_PROBE_PIDFD);
			break;
		case 15:
			probe_says(SYS_waitid, EPERM, RS_PROBE_PIDFD);
			break;
		case 16:
			probe_bears_another_reaper();
			break;
		case 17:
			probe_asks_again();
			break;
		case 18:
			pipes_without_pipe2(EPERM);
			break;
		case 19:
			pipes_without_pipe2(ENOSYS);
			break;
		}
		_exit(0);
	}
	CHECK(waitpid(pid, &status, 0) == pid);
	if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
		fprintf(stderr, "case %d failed (status %x)\n", which, status);
		exit(1);
	}
}

int main(void)
{
	for (int which = 0; which < 20; which++)
		run(which);
	return 0;
}
