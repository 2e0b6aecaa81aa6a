/* What a child is given by default, how its end is told, and what the functions return when they
 * are misused. */
#include <sys/utsname.h>

#include "test.h"

static void gets_exactly_argv_and_env(void)
{
	struct req *r = req_show();
	const char *text;

	put(&r->argv, "");
	put(&r->argv, "two words");
	put(&r->argv, "--\xc3\xa9\xff");
	put(&r->envp, "A=1");
	put(&r->envp, "EMPTY=");
	put(&r->envp, "B=x=y z");
	r->argv.items[0] = "another name";
	text = shown(r);
	CHECK_SHOWS(text, "argc", "4");
	CHECK_SHOWS(text, "arg0", "another name");
	CHECK_SHOWS(text, "arg1", "");
	CHECK_SHOWS(text, "arg2", "two words");
	CHECK_SHOWS(text, "arg3", "--\xc3\xa9\xff");
	CHECK_SHOWS(text, "envc", "3");
	CHECK_SHOWS(text, "env0", "A=1");
	CHECK_SHOWS(text, "env1", "EMPTY=");
	CHECK_SHOWS(text, "env2", "B=x=y z");
	CHECK_SHOWS(text, "fds", "0 1 2");
	CHECK_SHOWS(text, "fd0", "/dev/null");
	CHECK_SHOWS(text, "fd0.flags", "2 block");
	CHECK_SHOWS(text, "fd1.flags", "1 block");
	CHECK_SHOWS(text, "mask", "0");
	CHECK_SHOWS(text, "ignored", "0");
	CHECK_SHOWS(text, "handled", "0");
}

static void inherits_the_environment_of_now(void)
{
	struct req *r = req_show();
	const char *text;
	char want[64];

	setenv("RS_TEST_OF_NOW", "yes", 1);
	r->head.flags |= RS_F_INHERIT_ENV;
	text = shown(r);
	CHECK(strstr(text, " RS_TEST_OF_NOW=yes\n") != NULL);
	snprintf(want, sizeof(want), "%d", getpid());
	CHECK_SHOWS(text, "ppid", want);
}

static void has_a_pid_and_ends(void)
{
	struct req *r = req_show();
	struct rs_outcome out;
	struct rs_exit end = { .size = sizeof(end) };
	char want[64];

	out = spawn_ok(r);
	snprintf(want, sizeof(want), "%d", out.pid);
	CHECK_SHOWS(drain(out.ends[1].read), "pid", want);
	end = finish(&out);
	CHECK_IS(end.known, 1);
	CHECK_IS(end.signal, 0);
	CHECK(end.max_rss > 100 * 1024);
	CHECK(end.minor_faults > 0);

	for (int code = 0; code < 256; code += 17) {
		char text[16];

		r = req_show();
		snprintf(text, sizeof(text), "%d", code);
		put(&r->argv, "exit");
		put(&r->argv, text);
		out = spawn_ok(r);
		close(out.ends[1].read);
		end = finish(&out);
		CHECK_IS(end.code, code);
		CHECK_IS(end.signal, 0);
	}

	r = req_show();
	put(&r->argv, "signal");
	put(&r->argv, "15");
	out = spawn_ok(r);
	close(out.ends[1].read);
	end = finish(&out);
	CHECK_IS(end.known, 1);
	CHECK_IS(end.code, -1);
	CHECK_IS(end.signal, SIGTERM);
}

/* Linux 6.15 */
static int pidfd_tells_the_end(void)
{
	struct utsname name;
	int major, minor;

	CHECK(uname(&name) == 0 && sscanf(name.release, "%d.%d", &major, &minor) == 2);
	return major > 6 || (major == 6 && minor >= 15);
}

static void is_killed_through_its_pidfd(void)
{
	struct req *r = req_show();
	struct rs_exit end = { .size = sizeof(end) };
	struct rs_outcome out;
	siginfo_t info;

	put(&r->argv, "sleep");
	out = spawn_ok(r);
	close(out.ends[1].read);
	CHECK_IS(rs_reap(out.pidfd, &end), 0);
	CHECK_IS(rs_kill(out.pidfd, 0), 0);
	CHECK_IS(rs_kill(out.pidfd, 99), -EINVAL);
	CHECK_IS(rs_kill(out.pidfd, SIGKILL), 0);
	CHECK_IS(waitid(P_PID, (id_t)out.pid, &info, WEXITED | WNOWAIT), 0);
	CHECK_IS(rs_reap(out.pidfd, &end), 1);
	CHECK_IS(end.signal, SIGKILL);
	CHECK_IS(rs_kill(out.pidfd, SIGKILL), -ESRCH);
	/* The child was reaped before. */
	CHECK_IS(rs_reap(out.pidfd, &end), 1);
	CHECK_IS(end.known, pidfd_tells_the_end());
	CHECK_IS(end.signal, pidfd_tells_the_end() ? SIGKILL : 0);
	CHECK_IS(end.has_usage, 0);
	close(out.pidfd);
	CHECK_IS(rs_reap(out.pidfd, &end), -EBADF);
}

static void leaves_other_children_alone(void)
{
	pid_t other = fork();
	struct rs_outcome out;
	int status;

	if (other == 0)
		_exit(42);
	for (int i = 0; i < 20; i++) {
		struct req *r = req_show();

		out = spawn_ok(r);
		drain(out.ends[1].read);
		CHECK_IS(finish(&out).code, 0);
	}
	CHECK_IS(waitpid(other, &status, 0), other);
	CHECK_IS(WEXITSTATUS(status), 42);
}

static void works_while_sigchld_is_ignored(void)
{
	/* The kernel has reaped the child. */
	int code = pidfd_tells_the_end() ? 3 : -1;
	struct rs_outcome out;
	struct rs_exit end;

	signal(SIGCHLD, SIG_IGN);
	for (int i = 0; i < 100; i++) {
		struct req *r = req_show();

		put(&r->argv, "exit");
		put(&r->argv, "3");
		out = spawn_ok(r);
		close(out.ends[1].read);
		end = finish(&out);
		CHECK_IS(end.known, code == 3);
		CHECK_IS(end.code, code);
		CHECK_IS(end.signal, 0);
		CHECK_IS(end.has_usage, 0);
	}
	CHECK_FAILS(spawn(req_new("/nonexistent")), ENOENT, RS_STEP_FILE, 0);
	signal(SIGCHLD, SIG_DFL);
}

static volatile int chld_count;

static void on_chld(int sig)
{
	(void)sig;
	chld_count++;
}

/* SIGCHLD comes for programs that ran. For those that could not be started it comes with io_uring
 * alone, whose children have an exit signal from their birth on. */
static void sends_sigchld(void)
{
	struct rs_outcome out;

	signal(SIGCHLD, on_chld);
	CHECK_FAILS(spawn(req_new("/nonexistent")), ENOENT, RS_STEP_FILE, 0);
	CHECK_IS(chld_count, executor() == RS_EXECUTOR_IO_URING);
	chld_count = 0;
	out = spawn_ok(req_show());
	drain(out.ends[1].read);
	finish(&out);
	CHECK_IS(chld_count, 1);
	signal(SIGCHLD, SIG_DFL);
}

static void feeds_a_pipe(void)
{
	struct req *r = req_new("/bin/cat");
	struct rs_outcome out;

	slot(r, 0, RS_SLOT_PIPE_IN, 0);
	slot(r, 1, RS_SLOT_PIPE_OUT, 0);
	out = spawn_ok(r);
	CHECK(fcntl(out.ends[0].write, F_GETFL) & O_NONBLOCK);
	CHECK(fcntl(out.ends[1].read, F_GETFL) & O_NONBLOCK);
	CHECK(fcntl(out.ends[0].write, F_GETFD) & FD_CLOEXEC);
	CHECK(fcntl(out.ends[1].read, F_GETFD) & FD_CLOEXEC);
	CHECK(fcntl(out.pidfd, F_GETFD) & FD_CLOEXEC);
	CHECK_IS(out.count, 2);
	CHECK_IS(out.ends[0].read, -1);
	CHECK_IS(out.ends[1].write, -1);
	CHECK_IS(rs_write(out.ends[0].write, "ring\n", 5), 5);
	CHECK_IS(rs_close(out.ends[0].write), 0);
	CHECK(strcmp(drain(out.ends[1].read), "ring\n") == 0);
	CHECK_IS(finish(&out).code, 0);
}

static void refuses_misuse(void)
{
	struct rs_outcome out = { .size = sizeof(out) };
	struct rs_exit end = { .size = 3 };
	char byte;

	CHECK_IS(rs_abi(), RS_ABI);
	CHECK_IS(rs_spawn(engine, "", 0, NULL), -EFAULT);
	CHECK_IS(rs_spawn(NULL, "", 0, &out), -EFAULT);
	out.size--;
	CHECK_IS(rs_spawn(engine, "", 0, &out), -EINVAL);
	CHECK_IS(rs_reap(-1, NULL), -EFAULT);
	CHECK_IS(rs_reap(-1, &end), -EINVAL);
	end.size = sizeof(end);
	CHECK(rs_reap(-1, &end) < 0);
	CHECK_IS(rs_kill(-1, 0), -EBADF);
	CHECK_IS(rs_read(-1, &byte, 1), -EBADF);
	CHECK_IS(rs_write(-1, &byte, 1), -EBADF);
	CHECK_IS(rs_close(-1), -EBADF);
	CHECK_IS(rs_engine_open(NULL), -EFAULT);
	rs_engine_close(NULL);
}

int main(void)
{
	int before = fd_count();

	engine_up();
	gets_exactly_argv_and_env();
	inherits_the_environment_of_now();
	has_a_pid_and_ends();
	is_killed_through_its_pidfd();
	leaves_other_children_alone();
	works_while_sigchld_is_ignored();
	sends_sigchld();
	feeds_a_pipe();
	refuses_misuse();
	CHECK(has_no_children());
	rs_engine_close(engine);
	CHECK_IS(fd_count(), before);
	return 0;
}
