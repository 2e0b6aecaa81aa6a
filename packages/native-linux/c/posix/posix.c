/*
 * posix_spawn and posix_spawnp for any program, by LD_PRELOAD: the call becomes a chain, which an
 * executor of the engine carries out. What no chain can say is handed to libc's own function,
 * before anything was started.
 *
 * It lives in programs that know nothing of it. So: no malloc (a signal handler may have
 * interrupted one), no lock (a fork in another thread would copy it held), no fd that stays open,
 * errno as it was, all signals blocked and no cancellation from the first step to the last.
 *
 *   RINGSPAWN_POSIX_ENGINE  libc: stands aside. vfork: the default (docs/posix_spawn.md says why).
 * io_uring: where the kernel has it, with a ring per thread RINGSPAWN_POSIX_TRACE   a file to which
 * each spawn appends a line: who served it, and what was asked for
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include "chain.h"
#include "kernel.h"
#include "uring.h"
#include "vfork.h"

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

enum served { BY_LIBC, BY_VFORK, BY_IO_URING };
static const char *const engine_names[] = { "libc", "vfork", "io_uring" };

/* A call, as the program made it. */
struct call {
	const char *file;
	int search; /* posix_spawnp */
	const posix_spawn_file_actions_t *actions;
	const posix_spawnattr_t *attr;
	char *const *argv;
	char *const *envp;
	uint64_t mask; /* the thread's, before we blocked everything */
};

/* libc has functions that fill a list of file actions, and none that read it. */
enum { CLOSE, DUP2, OPEN, CHDIR, FCHDIR, CLOSEFROM, TCSETPGRP, KINDS };
struct action {
	int tag;
	union {
		int fd;
		struct {
			int from, to;
		} dup2;
		struct {
			int fd;
			const char *path;
			int flags;
			mode_t mode;
		} open;
		const char *path;
	};
};

static struct {
	int ready;
	int layout_known;
	int tags[KINDS];
	enum served most; /* the best engine that may be used */
	spawn_function *spawn, *spawnp;
	pthread_key_t key;
	char trace[PATH_MAX];
} state;

/* Newer than the oldest libc that this may be loaded with. */
#pragma weak posix_spawn_file_actions_addchdir_np
#pragma weak posix_spawn_file_actions_addfchdir_np
#pragma weak posix_spawn_file_actions_addclosefrom_np
#pragma weak posix_spawn_file_actions_addtcsetpgrp_np

static const struct action *list_of(const posix_spawn_file_actions_t *actions)
{
	return (const struct action *)actions->__actions;
}

/*
 * How libc keeps file actions is its own affair, so it is looked at rather than believed: one of
 * each is added, and must be found where we would read it. What it calls each kind we learn on the
 * way.
 */
static int learn(posix_spawn_file_actions_t *actions)
{
	int (*const of_fd[])(posix_spawn_file_actions_t *, int) = {
		[CLOSE] = posix_spawn_file_actions_addclose,
		[FCHDIR] = posix_spawn_file_actions_addfchdir_np,
		[CLOSEFROM] = posix_spawn_file_actions_addclosefrom_np,
		[TCSETPGRP] = posix_spawn_file_actions_addtcsetpgrp_np,
	};
	static const char place[] = "/a/place";
	const struct action *action;
	int used = 0;

	for (int kind = 0; kind < KINDS; kind++) {
		int error;

		state.tags[kind] = -1;
		if (kind == DUP2)
			error = posix_spawn_file_actions_adddup2(actions, 21, 22);
		else if (kind == OPEN)
			error = posix_spawn_file_actions_addopen(actions, 23, place,
								 O_RDWR | O_APPEND, 0640);
		else if (kind == CHDIR && posix_spawn_file_actions_addchdir_np != NULL)
			error = posix_spawn_file_actions_addchdir_np(actions, place);
		else if (kind != CHDIR && of_fd[kind] != NULL)
			error = of_fd[kind](actions, 10 + kind);
		else
			continue;
		if (error != 0 || actions->__used != ++used)
			return 0;
		action = &list_of(actions)[used - 1];
		if (kind == DUP2 && (action->dup2.from != 21 || action->dup2.to != 22))
			return 0;
		if (kind == OPEN &&
		    (action->open.fd != 23 || strcmp(action->open.path, place) != 0 ||
		     action->open.flags != (O_RDWR | O_APPEND) || action->open.mode != 0640))
			return 0;
		if (kind == CHDIR && strcmp(action->path, place) != 0)
			return 0;
		if (kind != DUP2 && kind != OPEN && kind != CHDIR && action->fd != 10 + kind)
			return 0;
		for (int other = 0; other < kind; other++)
			if (state.tags[other] == action->tag)
				return 0;
		state.tags[kind] = action->tag;
	}
	return 1;
}

static void thread_ends(void *page);

/* When we are loaded; or earlier, when another library's constructor spawns. */
__attribute__((constructor)) static void get_ready(void)
{
	const char *engine = secure_getenv("RINGSPAWN_POSIX_ENGINE");
	const char *trace = secure_getenv("RINGSPAWN_POSIX_TRACE");
	posix_spawn_file_actions_t actions;

	if (state.ready)
		return;
	state.spawn = (spawn_function *)dlsym(RTLD_NEXT, "posix_spawn");
	state.spawnp = (spawn_function *)dlsym(RTLD_NEXT, "posix_spawnp");
	state.most = BY_VFORK;
	for (int i = BY_LIBC; engine != NULL && i <= BY_IO_URING; i++)
		if (strcmp(engine, engine_names[i]) == 0)
			state.most = (enum served)i;
	if (trace != NULL && strlen(trace) < sizeof(state.trace))
		strcpy(state.trace, trace);
	if (state.most == BY_IO_URING && pthread_key_create(&state.key, thread_ends) != 0)
		state.most = BY_VFORK;
	if (posix_spawn_file_actions_init(&actions) == 0) {
		state.layout_known = learn(&actions);
		posix_spawn_file_actions_destroy(&actions);
	}
	state.ready = 1;
}

/*
 * What a spawn is made of, in one mapping: a guard page, the child's stack, and the lists of the
 * chain. One mapping is kept for the next spawn, whoever takes it.
 */
#define GUARD (64u * 1024u) /* the largest page there is */
#define STACK (64u * 1024u)
#define LISTS (64u * 1024u)
struct room {
	char *start;
	size_t size, used;
};
static char *spare;

static int room_get(struct room *room, size_t lists)
{
	room->used = GUARD + STACK;
	room->size = room->used + (lists < LISTS ? LISTS : lists);
	room->start = lists > LISTS ? NULL : __atomic_exchange_n(&spare, NULL, __ATOMIC_ACQUIRE);
	if (room->start != NULL)
		return 1;
	room->start = mmap(NULL, room->size, PROT_READ | PROT_WRITE,
			   MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK, -1, 0);
	if (room->start == MAP_FAILED)
		return 0;
	if (mprotect(room->start, GUARD, PROT_NONE) == 0)
		return 1;
	munmap(room->start, room->size);
	return 0;
}

static void room_put(const struct room *room)
{
	char *none = NULL;

	if (room->size != GUARD + STACK + LISTS ||
	    !__atomic_compare_exchange_n(&spare, &none, room->start, 0, __ATOMIC_RELEASE,
					 __ATOMIC_RELAXED))
		munmap(room->start, room->size);
}

static void *room_take(struct room *room, size_t size)
{
	void *place = room->start + room->used;

	room->used += (size + 15) & ~(size_t)15;
	return place;
}

static struct step *add(struct chain *chain, enum rs_step kind, int64_t a, int64_t b, int64_t c)
{
	struct step *step = &chain->steps[chain->step_count];

	*step = (struct step){ .kind = kind, .index = chain->step_count++, .args = { a, b, c } };
	return step;
}

/* Everything but the file actions and the mask, in libc's order. 0: not for us. */
static int add_attributes(struct chain *chain, const posix_spawnattr_t *attr, short flags)
{
	struct sched_param param = { 0 };
	int policy;
	pid_t group;
	sigset_t set;

	if (flags & POSIX_SPAWN_SETSIGDEF) {
		posix_spawnattr_getsigdefault(attr, &set);
		/* Handlers are reset by the birth or by exec. What may never be ignored needs
		 * nothing either. */
		for (int sig = 1; sig <= KERNEL_NSIG; sig++) {
			struct kernel_sigaction now;

			if ((((const uint64_t *)&set)[0] >> (sig - 1) & 1) &&
			    sys4(SYS_rt_sigaction, sig, 0, (long)&now, KERNEL_SIGSET_SIZE) == 0 &&
			    now.handler == SIG_IGN)
				add(chain, RS_STEP_SIGNALS, sig, (intptr_t)SIG_DFL, 0);
		}
	}
	if (flags & (POSIX_SPAWN_SETSCHEDPARAM | POSIX_SPAWN_SETSCHEDULER)) {
		posix_spawnattr_getschedparam(attr, &param);
		if (flags & POSIX_SPAWN_SETSCHEDULER)
			posix_spawnattr_getschedpolicy(attr, &policy);
		else
			policy = (int)sys1(SYS_sched_getscheduler, 0);
		/* Then the child's policy is not its parent's, and only the child knows it. */
		if (!(flags & POSIX_SPAWN_SETSCHEDULER) && (policy & SCHED_RESET_ON_FORK))
			return 0;
		add(chain, RS_STEP_SCHEDULER, 0, policy, param.sched_priority);
	}
	if (flags & POSIX_SPAWN_SETSID)
		add(chain, RS_STEP_SESSION, 0, 0, 0);
	if (flags & POSIX_SPAWN_SETPGROUP) {
		posix_spawnattr_getpgroup(attr, &group);
		add(chain, RS_STEP_PROCESS_GROUP, 0, group, 0);
	}
	if (flags & POSIX_SPAWN_RESETIDS) {
		add(chain, RS_STEP_UID, -1, getuid(), -1);
		add(chain, RS_STEP_GID, -1, getgid(), -1);
		chain->changes_ids = 1;
	}
	return 1;
}

static int kind_of(const struct action *action)
{
	for (int kind = 0; kind < KINDS; kind++)
		if (state.tags[kind] == action->tag)
			return kind;
	return KINDS;
}

/* In the order in which they were added. 0: not for us. */
static int add_actions(struct chain *chain, const posix_spawn_file_actions_t *actions)
{
	struct rlimit limit;

	for (int i = 0; i < actions->__used; i++) {
		const struct action *action = &list_of(actions)[i];

		switch (kind_of(action)) {
		case CLOSE:
			/* An fd that is not open is no error, unless it never could be. */
			if (action->fd < 0 || getrlimit(RLIMIT_NOFILE, &limit) != 0 ||
			    (rlim_t)action->fd >= limit.rlim_cur)
				return 0;
			add(chain, RS_STEP_CLOSE_FDS, action->fd, action->fd, 0);
			break;
		case DUP2:
			add(chain, RS_STEP_FDS, action->dup2.from, action->dup2.to, 0);
			break;
		case OPEN:
			add(chain, RS_STEP_OPEN, action->open.fd, action->open.flags,
			    action->open.mode)
				->data = action->open.path;
			break;
		case CHDIR:
			add(chain, RS_STEP_CWD, 0, 0, 0)->data = action->path;
			break;
		case FCHDIR:
			add(chain, RS_STEP_CWD, action->fd, 0, 0);
			break;
		case CLOSEFROM:
			add(chain, RS_STEP_CLOSE_FDS, action->fd, UINT32_MAX, 0);
			break;
		case TCSETPGRP:
			add(chain, RS_STEP_FOREGROUND, action->fd, TIOCSPGRP, 0);
			break;
		default:
			return 0;
		}
	}
	return 1;
}

static const char *path_to_search(void)
{
	const char *path = getenv("PATH");

	return path != NULL ? path : "/bin:/usr/bin"; /* as libc's confstr(_CS_PATH) */
}

static int is_searched(const struct call *call)
{
	return call->search && strchr(call->file, '/') == NULL;
}

/* 0: not for us. */
static int add_candidates(struct chain *chain, struct room *room, const struct call *call,
			  const char *path)
{
	size_t length = strlen(call->file);

	if (!is_searched(call)) {
		chain->candidates = room_take(room, sizeof(*chain->candidates));
		chain->candidates[0] = (struct candidate){ .path = call->file };
		chain->candidate_count = 1;
		return 1;
	}
	if (length == 0 || length > NAME_MAX)
		return 0;
	for (const char *at = path;; at++) {
		size_t part = strcspn(at, ":");

		if (part < PATH_MAX) {
			char *whole = room_take(room, part + 1 + length + 1);

			memcpy(whole, at, part);
			whole[part] = '/';
			memcpy(whole + part + (part > 0), call->file, length + 1);
			chain->candidates[chain->candidate_count++] =
				(struct candidate){ .path = whole };
		}
		at += part;
		if (*at == 0)
			return chain->candidate_count > 0;
	}
}

/* Why no candidate could be executed, as libc's execvp has it. */
static int exec_error(const struct chain *chain, const struct rs_outcome *out)
{
	int error = out->error;

	if (error != ENOENT && error != ENOTDIR && error != EACCES)
		return error;
	error = chain->candidates[chain->candidate_count - 1].error;
	for (uint32_t i = 0; i < chain->candidate_count; i++)
		if (chain->candidates[i].error == EACCES)
			return EACCES;
	return error;
}

/*
 * A thread's ring. The page empties itself in a forked child, which thus never takes the ring for
 * its own; and a vfork child of the program, which sees it, has another thread id.
 */
struct ring_page {
	long owner;
	struct uring *uring;
};
static __thread struct ring_page *own_page __attribute__((tls_model("initial-exec")));

static void thread_ends(void *arg)
{
	struct ring_page *page = arg;

	if (page->owner == sys0(SYS_gettid))
		uring_close(page->uring);
	own_page = NULL;
	munmap(page, sizeof(*page));
}

/* Both are found out once; two threads that do so at a time find the same. */
static int works(int *kept, void (*probe)(struct rs_probe *))
{
	struct rs_probe found = { .size = sizeof(found) };
	int known = __atomic_load_n(kept, __ATOMIC_RELAXED);

	if (known != 0)
		return known > 0;
	probe(&found);
	/* Short of something for a moment is no answer. */
	if (found.error == EAGAIN || found.error == ENOMEM || found.error == EMFILE ||
	    found.error == ENFILE)
		return 0;
	known = found.part == RS_PROBE_OK ? 1 : -1;
	__atomic_store_n(kept, known, __ATOMIC_RELAXED);
	return known > 0;
}

/* NULL: this thread has none and can have none. */
static struct uring *own_ring(void)
{
	static int ring_works;
	long self = sys0(SYS_gettid);
	struct ring_page *page = own_page;

	if (page != NULL && page->owner == self)
		return page->uring;
	/* Somebody else's memory: a vfork child of the program. */
	if (page != NULL && page->owner != 0)
		return NULL;
	if (!works(&ring_works, uring_probe))
		return NULL;
	if (page == NULL) {
		page = mmap(NULL, sizeof(*page), PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		if (page == MAP_FAILED)
			return NULL;
		if (madvise(page, sizeof(*page), MADV_WIPEONFORK) != 0 ||
		    pthread_setspecific(state.key, page) != 0) {
			munmap(page, sizeof(*page));
			return NULL;
		}
		own_page = page;
	}
	page->uring = uring_open_hidden();
	if (page->uring == NULL)
		return NULL;
	page->owner = self;
	return page->uring;
}

/* What only a child of its own can do: a chain cannot pass on a number that one of its requests
 * learned. */
static int needs_vfork(const struct chain *chain)
{
	for (uint32_t i = 0; i < chain->step_count; i++)
		if (chain->steps[i].kind == RS_STEP_OPEN ||
		    chain->steps[i].kind == RS_STEP_FOREGROUND)
			return 1;
	return uring_length(chain) > URING_MAX_CHAIN || chain->candidate_count > 256;
}

/* A birth that the kernel refused is no spawn: nobody was born, so the next engine may try. */
static enum served carry_out(const struct chain *chain, void *stack_top, struct rs_outcome *out)
{
	static int vfork_works;
	struct uring *uring = state.most < BY_IO_URING || needs_vfork(chain) ? NULL : own_ring();

	if (uring != NULL) {
		uring_run(uring, chain, out);
		if (out->error == 0 || out->step != RS_STEP_BIRTH)
			return BY_IO_URING;
		*out = (struct rs_outcome){ .pidfd = -1 };
	}
	if (!works(&vfork_works, vfork_probe))
		return BY_LIBC;
	vfork_run(chain, stack_top, out);
	return out->error == 0 || out->step != RS_STEP_BIRTH ? BY_VFORK : BY_LIBC;
}

/* Who served it; BY_LIBC: libc must. */
static enum served serve(const struct call *call, pid_t *pid, int *error)
{
	const char *path = is_searched(call) ? path_to_search() : "";
	size_t places = 1, length = strlen(path), steps;
	struct rs_outcome out = { .pidfd = -1 };
	struct chain chain = {
		.birth = { .cgroup_fd = -1, .without_pidfd = 1 },
		.argv = (const char **)call->argv,
		.envp = (const char *const *)call->envp,
		.plain_verdict = 1,
	};
	enum served served = BY_LIBC;
	uint64_t mask = call->mask;
	short flags = 0;
	struct room room;
	sigset_t set;

	if (call->attr != NULL)
		posix_spawnattr_getflags(call->attr, &flags);
	if (state.most == BY_LIBC || (flags & ~KNOWN_FLAGS) ||
	    (call->actions != NULL && !state.layout_known))
		return BY_LIBC;
	for (const char *at = path; *at != 0; at++)
		places += *at == ':';
	steps = CHAIN_SINGLE_STEPS + CHAIN_SIGNAL_STEPS +
		(call->actions != NULL ? (size_t)call->actions->__used : 0);
	if (!room_get(&room, steps * sizeof(struct step) +
				     places * (sizeof(struct candidate) + NAME_MAX + 32) + length))
		return BY_LIBC;
	chain.steps = room_take(&room, steps * sizeof(struct step));
	if (is_searched(call))
		chain.candidates = room_take(&room, places * sizeof(struct candidate));
	if (flags & POSIX_SPAWN_SETSIGMASK) {
		posix_spawnattr_getsigmask(call->attr, &set);
		mask = ((const uint64_t *)&set)[0];
	}
	if (add_candidates(&chain, &room, call, path) &&
	    add_attributes(&chain, call->attr, flags) &&
	    (call->actions == NULL || add_actions(&chain, call->actions))) {
		add(&chain, RS_STEP_MASK, SIG_SETMASK, (int64_t)mask, 0);
		served = carry_out(&chain, room.start + GUARD + STACK, &out);
		*pid = out.pid;
		*error = out.step == RS_STEP_FILE ? exec_error(&chain, &out) : out.error;
	}
	room_put(&room);
	return served;
}

static void trace(enum served served, const struct call *call)
{
	char line[PATH_MAX + 64];
	int length, fd;

	if (state.trace[0] == 0)
		return;
	fd = open(state.trace, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0666);
	if (fd < 0)
		return;
	length = snprintf(line, sizeof(line), "%s %d %s\n", engine_names[served], (int)getpid(),
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
	enum served served;
	pid_t child = 0;

	get_ready();
	pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &cancel);
	signals_block(&call->mask);
	served = serve(call, &child, &error);
	trace(served, call);
	signals_restore(&call->mask);
	pthread_setcancelstate(cancel, NULL);
	errno = before;
	if (served == BY_LIBC)
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
