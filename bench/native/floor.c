/*
 * What C needs for the same, inside the process of the runtime and between its own calls: a child
 * born in the way of vfork, exec, and a wait on the pidfd that blocks. An addon of the benchmarks
 * alone.
 *
 * The times of a floor are taken here, so that no call from JavaScript is in them. The children
 * have no exit signal, or the runtime would wake up for a child that it has not got.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <errno.h>
#include <fcntl.h>
#include <node_api.h>
#include <sched.h>
#include <stdint.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#ifndef P_PIDFD
#define P_PIDFD 3
#endif

#define MOST_CHILDREN 4096
#define PIPE_SIZE (1 << 20)

struct program {
	const char *path;
	/* Becomes stdin or stdout; -1: what this program has. */
	int in, out;
};

/* A child stands on it only until its exec, and its parent waits for that. */
static char stack[65536] __attribute__((aligned(16)));
static char block[PIPE_SIZE];

static double now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (double)time.tv_sec * 1e9 + (double)time.tv_nsec;
}

static int child(void *data)
{
	const struct program *program = data;
	char *argv[] = { (char *)program->path, NULL };

	if (program->in >= 0)
		dup2(program->in, 0);
	if (program->out >= 0)
		dup2(program->out, 1);
	execve(program->path, argv, environ);
	_exit(127);
}

/* Answers the pidfd, or -1. */
static int start(struct program *program)
{
	int pidfd = -1;
	int pid = clone(child, stack + sizeof(stack), CLONE_VM | CLONE_VFORK | CLONE_PIDFD, program,
			&pidfd);

	return pid < 0 ? -1 : pidfd;
}

/* Whether it ended with 0. */
static int wait_for(int pidfd)
{
	siginfo_t info;

	if (waitid(P_PIDFD, (id_t)pidfd, &info, WEXITED | __WALL) != 0)
		return 0;
	errno = ECHILD;
	return info.si_code == CLD_EXITED && info.si_status == 0;
}

static napi_value fail(napi_env env, const char *what)
{
	napi_throw_error(env, what, strerror(errno));
	return NULL;
}

static napi_value numbers(napi_env env, const double *values, uint32_t count)
{
	napi_value array, value;

	napi_create_array_with_length(env, count, &array);
	for (uint32_t i = 0; i < count; i++) {
		napi_create_double(env, values[i], &value);
		napi_set_element(env, array, i, value);
	}
	return array;
}

/* A path and a number. */
static int arguments(napi_env env, napi_callback_info info, char path[4096], int64_t *number)
{
	size_t count = 2, length;
	napi_value values[2];

	errno = EINVAL;
	return napi_get_cb_info(env, info, &count, values, NULL, NULL) == napi_ok &&
	       napi_get_value_string_utf8(env, values[0], path, 4096, &length) == napi_ok &&
	       napi_get_value_int64(env, values[1], number) == napi_ok;
}

/* start(path, count): nanoseconds until all were started, and until all had ended. */
static napi_value floor_start(napi_env env, napi_callback_info info)
{
	static int pidfds[MOST_CHILDREN];
	char path[4096];
	struct program program = { .path = path, .in = -1, .out = -1 };
	double begin, times[2];
	int64_t count;

	if (!arguments(env, info, path, &count) || count < 1 || count > MOST_CHILDREN)
		return fail(env, "arguments");
	begin = now();
	for (int64_t i = 0; i < count; i++)
		if ((pidfds[i] = start(&program)) < 0)
			return fail(env, "clone");
	times[0] = now() - begin;
	for (int64_t i = 0; i < count; i++)
		if (!wait_for(pidfds[i]))
			return fail(env, "the child");
	times[1] = now() - begin;
	for (int64_t i = 0; i < count; i++)
		close(pidfds[i]);
	return numbers(env, times, 2);
}

static int open_pipe(int ends[2], int big)
{
	if (pipe2(ends, O_CLOEXEC) != 0)
		return 0;
	/* A smaller pipe serves too, where a limit of the user is reached. */
	if (big)
		(void)fcntl(ends[0], F_SETPIPE_SZ, PIPE_SIZE);
	return 1;
}

/* read(path, big): nanoseconds until it was started, until its output was read and it had ended;
 * and the number of its bytes. */
static napi_value floor_read(napi_env env, napi_callback_info info)
{
	char path[4096];
	struct program program = { .path = path, .in = -1 };
	double begin, result[3] = { 0 };
	int ends[2], pidfd;
	int64_t big;
	ssize_t got;

	if (!arguments(env, info, path, &big))
		return fail(env, "arguments");
	begin = now();
	if (!open_pipe(ends, big != 0))
		return fail(env, "pipe");
	program.out = ends[1];
	pidfd = start(&program);
	close(ends[1]);
	result[0] = now() - begin;
	while (pidfd >= 0 && (got = read(ends[0], block, sizeof(block))) > 0)
		result[2] += (double)got;
	if (pidfd < 0 || !wait_for(pidfd))
		return fail(env, "the child");
	result[1] = now() - begin;
	close(ends[0]);
	close(pidfd);
	return numbers(env, result, 3);
}

/* write(path, blocks): nanoseconds until it was started, until it had taken so many MiB and had
 * ended. */
static napi_value floor_write(napi_env env, napi_callback_info info)
{
	char path[4096];
	struct program program = { .path = path, .out = -1 };
	double begin, times[2];
	int ends[2], pidfd;
	int64_t blocks;

	if (!arguments(env, info, path, &blocks))
		return fail(env, "arguments");
	begin = now();
	if (!open_pipe(ends, 1))
		return fail(env, "pipe");
	program.in = ends[0];
	pidfd = start(&program);
	close(ends[0]);
	times[0] = now() - begin;
	for (int64_t i = 0; pidfd >= 0 && i < blocks; i++)
		if (write(ends[1], block, sizeof(block)) != sizeof(block))
			return fail(env, "write");
	close(ends[1]);
	if (pidfd < 0 || !wait_for(pidfd))
		return fail(env, "the child");
	times[1] = now() - begin;
	close(pidfd);
	return numbers(env, times, 2);
}

/* now(): CLOCK_MONOTONIC in nanoseconds, as a child reads it. The runtimes' own count from other
 * moments. */
static napi_value clock_now(napi_env env, napi_callback_info info)
{
	napi_value value;

	(void)info;
	napi_create_double(env, now(), &value);
	return value;
}

static double nanoseconds(struct timeval time)
{
	return (double)time.tv_sec * 1e9 + (double)time.tv_usec * 1e3;
}

/* cpu(): nanoseconds of user and system time that this program has had, all of its threads. */
static napi_value cpu(napi_env env, napi_callback_info info)
{
	struct rusage usage;

	(void)info;
	getrusage(RUSAGE_SELF, &usage);
	return numbers(env, (double[]){ nanoseconds(usage.ru_utime), nanoseconds(usage.ru_stime) },
		       2);
}

/* openFds("", count): so many more, close-on-exec. */
static napi_value open_fds(napi_env env, napi_callback_info info)
{
	char path[4096];
	struct rlimit limit;
	int64_t count;

	if (!arguments(env, info, path, &count) || getrlimit(RLIMIT_NOFILE, &limit) != 0)
		return fail(env, "arguments");
	limit.rlim_cur = limit.rlim_max;
	if (setrlimit(RLIMIT_NOFILE, &limit) != 0)
		return fail(env, "setrlimit");
	for (int64_t i = 0; i < count; i++)
		if (open("/dev/null", O_RDONLY | O_CLOEXEC) < 0)
			return fail(env, "open");
	return NULL;
}

NAPI_MODULE_INIT()
{
	const napi_property_descriptor functions[] = {
		{ .utf8name = "start", .method = floor_start, .attributes = napi_enumerable },
		{ .utf8name = "read", .method = floor_read, .attributes = napi_enumerable },
		{ .utf8name = "write", .method = floor_write, .attributes = napi_enumerable },
		{ .utf8name = "now", .method = clock_now, .attributes = napi_enumerable },
		{ .utf8name = "cpu", .method = cpu, .attributes = napi_enumerable },
		{ .utf8name = "openFds", .method = open_fds, .attributes = napi_enumerable },
	};

	napi_define_properties(env, exports, sizeof(functions) / sizeof(*functions), functions);
	return exports;
}
