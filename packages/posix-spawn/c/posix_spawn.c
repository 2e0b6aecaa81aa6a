/*
 * posix_spawn and posix_spawnp for any program, by LD_PRELOAD: the call becomes a chain, which an
 * executor of the engine carries out. A call that no chain can express is handed to libc's own
 * function, before anything was started.
 *
 * The library lives in programs that know nothing of it. So it calls no malloc (a signal handler
 * may have interrupted one), takes no lock (a fork in another thread would copy it held), leaves no
 * fd open, and leaves errno as it was. All signals are blocked, and no cancellation takes effect,
 * from the first step to the last.
 *
 * Two variables are read when the library is loaded:
 *
 *   RINGSPAWN_POSIX_ENGINE
 *     libc      every call is libc's
 *     vfork     the default; docs/posix_spawn.md says why
 *     io_uring  where the kernel has it, with a ring for each thread
 *   RINGSPAWN_POSIX_TRACE
 *     a file to which each spawn appends a line: who served it, and what was asked for
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "call.h"
#include "executor.h"
#include "thread_ring.h"

#ifndef POSIX_SPAWN_SETSID
#define POSIX_SPAWN_SETSID 0x80
#endif

#define PUBLIC __attribute__((visibility("default")))
#define KNOWN_FLAGS                                                                      \
	(POSIX_SPAWN_RESETIDS | POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGDEF |          \
	 POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSCHEDPARAM | POSIX_SPAWN_SETSCHEDULER | \
	 POSIX_SPAWN_USEVFORK | POSIX_SPAWN_SETSID)

typedef int spawn_function(pid_t *, const char *, const posix_spawn_file_actions_t *,
			   const posix_spawnattr_t *, char *const *, char *const *);

static const char *const server_names[] = { "libc", "vfork", "io_uring" };

static struct {
	int ready;
	int file_actions_known;
	enum server most; /* the best server that may be used */
	spawn_function *spawn, *spawnp;
	char trace[PATH_MAX];
} state;

/* Runs when the library is loaded; or earlier, when another library's constructor spawns. */
__attribute__((constructor)) static void get_ready(void)
{
	const char *engine = secure_getenv("RINGSPAWN_POSIX_ENGINE");
	const char *trace = secure_getenv("RINGSPAWN_POSIX_TRACE");

	if (state.ready)
		return;
	state.spawn = (spawn_function *)dlsym(RTLD_NEXT, "posix_spawn");
	state.spawnp = (spawn_function *)dlsym(RTLD_NEXT, "posix_spawnp");
	state.most = BY_VFORK;
	for (int i = BY_LIBC; engine != NULL && i <= BY_IO_URING; i++)
		if (strcmp(engine, server_names[i]) == 0)
			state.most = (enum server)i;
	if (trace != NULL && strlen(trace) < sizeof(state.trace))
		strcpy(state.trace, trace);
	if (state.most == BY_IO_URING && !thread_ring_init())
		state.most = BY_VFORK;
	state.file_actions_known = file_actions_learn();
	state.ready = 1;
}

/* How many steps and candidates a call can have, and the bytes that its lists take. */
struct sizes {
	size_t steps, candidates, bytes;
};

static struct sizes sizes_of(const struct call *call, const char *path)
{
	struct sizes sizes = {
		.steps = ATTRIBUTE_STEPS + 1, /* and the signal mask */
		.candidates = 1,
	};

	if (call->actions != NULL)
		sizes.steps += (size_t)call->actions->__used;
	for (const char *at = path; *at != 0; at++)
		sizes.candidates += *at == ':';
	/* A candidate is a struct and a path: a part of PATH, a slash, the name, a NUL, padding. */
	sizes.bytes = sizes.steps * sizeof(struct step) +
		      sizes.candidates * (sizeof(struct candidate) + NAME_MAX + 32) + strlen(path);
	return sizes;
}

static uint64_t mask_of(const struct call *call, short flags)
{
	sigset_t set;

	if (!(flags & POSIX_SPAWN_SETSIGMASK))
		return call->mask;
	posix_spawnattr_getsigmask(call->attr, &set);
	return ((const uint64_t *)&set)[0];
}

/* Who served the call. BY_LIBC: nothing was started, and libc has to serve it. */
static enum server serve(const struct call *call, pid_t *pid, int *error)
{
	const char *path = is_searched(call) ? path_to_search() : "";
	struct sizes sizes = sizes_of(call, path);
	struct rs_outcome out;
	struct chain chain = {
		/* The program waits by the pid alone, also for a child that something ends before
		 * exec, so that is an ordinary child from its birth on. */
		.birth = { .cgroup_fd = -1, .without_pidfd = 1, .exit_signal = SIGCHLD },
		.argv = (const char **)call->argv,
		.envp = (const char *const *)call->envp,
		.without_interpreter = 1,
	};
	enum server server = BY_LIBC;
	struct arena arena;
	short flags = 0;

	if (call->attr != NULL)
		posix_spawnattr_getflags(call->attr, &flags);
	if (state.most == BY_LIBC || (flags & ~KNOWN_FLAGS) ||
	    (call->actions != NULL && !state.file_actions_known))
		return BY_LIBC;
	if (!arena_get(&arena, sizes.bytes))
		return BY_LIBC;
	chain.step_capacity = (uint32_t)sizes.steps;
	chain.steps = arena_take(&arena, sizes.steps * sizeof(struct step));
	chain.candidates = arena_take(&arena, sizes.candidates * sizeof(struct candidate));
	if (candidates_add(&chain, &arena, call, path) &&
	    attributes_add(&chain, call->attr, flags) &&
	    (call->actions == NULL || file_actions_add(&chain, call->actions))) {
		add_step(&chain, RS_STEP_MASK, SIG_SETMASK, (int64_t)mask_of(call, flags), 0);
		outcome_reset(&out);
		server = executor_run(state.most, &chain, arena_stack_top(&arena), &out);
		*pid = out.pid;
		*error = out.step == RS_STEP_FILE ? exec_error(&chain, &out) : out.error;
	}
	arena_put(&arena);
	return server;
}

static void trace(enum server server, const struct call *call)
{
	char line[PATH_MAX + 64];
	int length, fd;

	if (state.trace[0] == 0)
		return;
	/* O_NONBLOCK: a FIFO that nobody reads would hold up the program, with its signals blocked.
	 */
	fd = open(state.trace, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NONBLOCK, 0666);
	if (fd < 0)
		return;
	length = snprintf(line, sizeof(line), "%s %d %s\n", server_names[server], (int)getpid(),
			  call->file);
	if (length >= (int)sizeof(line))
		length = (int)sizeof(line) - 1;
	if (write(fd, line, (size_t)length) < 0)
		errno = 0;
	close(fd);
}

static int spawn(pid_t *pid, struct call *call)
{
	int error = 0, before = errno, cancel;
	enum server server;
	pid_t child = 0;

	get_ready();
	pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &cancel);
	signals_block(&call->mask);
	server = serve(call, &child, &error);
	trace(server, call);
	signals_restore(&call->mask);
	pthread_setcancelstate(cancel, NULL);
	errno = before;
	if (server == BY_LIBC)
		return (call->search ? state.spawnp : state.spawn)(
			pid, call->file, call->actions, call->attr, call->argv, call->envp);
	if (error == 0 && pid != NULL)
		*pid = child;
	return error;
}

PUBLIC int posix_spawn(pid_t *restrict pid, const char *restrict path,
		       const posix_spawn_file_actions_t *restrict actions,
		       const posix_spawnattr_t *restrict attr, char *const argv[restrict],
		       char *const envp[restrict])
{
	struct call call = { path, 0, actions, attr, argv, envp, 0 };

	return spawn(pid, &call);
}

PUBLIC int posix_spawnp(pid_t *restrict pid, const char *restrict file,
			const posix_spawn_file_actions_t *restrict actions,
			const posix_spawnattr_t *restrict attr, char *const argv[restrict],
			char *const envp[restrict])
{
	struct call call = { file, 1, actions, attr, argv, envp, 0 };

	return spawn(pid, &call);
}
