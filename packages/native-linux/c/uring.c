/*
 * The io_uring executor. A chain is one link: CLONE, the steps as SPAWN_CALLs, the candidates as
 * EXECs. Steps are linked softly: the first that fails ends the chain. Candidates are linked hard,
 * with EXEC_SEARCH: the kernel does execvp's search by itself. A request is copied when it is
 * submitted; what its arguments point to (paths, argv, limits) is read when it runs, and so lives
 * until the chain's last completion.
 *
 * Where the kernel can give a child the fds that are listed and no others, there are no requests
 * for the FDS and CLOSE_FDS steps: CLONE has the list. The birth is then the same however many fds
 * we have open.
 *
 * Every request has a completion. A chain is over when as many have come as it has requests, and
 * not before: until then the child may read our memory.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "fault.h"
#include "kernel.h"
#include "outcome.h"
#include "pipe.h"
#include "ring.h"
#include "uring.h"
#include "verdict.h"
#include "vfork.h"

#ifndef SYS_openat2
#define SYS_openat2 437
#endif
#define RESOLVE_IN_ROOT 0x10u

_Static_assert(URING_MAX_CHAIN == RING_ENTRIES, "a chain is submitted at once");

struct uring {
	struct ring ring;
	struct flight *first, **end; /* in the order in which they were queued */
	uint32_t last_ticket;
	int lists_fds; /* CLONE takes a list */
	uint64_t calls[RING_ENTRIES]
		      [6]; /* SPAWN_CALLs' arguments, each at its request's place in the ring */
};

/* Both in one word, which comes back with the completion: addresses of user space have 48 bits. */
static uint64_t mark(const struct run *run, uint32_t place)
{
	return (uint64_t)place << 48 | (uint64_t)(uintptr_t)run;
}

static struct run *run_of(uint64_t user_data)
{
	return (struct run *)(uintptr_t)(user_data & 0xffffffffffffull);
}

/* What a trial has found. Of the kernel, hence for all environments. */
static int kernel_lists_fds;

struct uring *uring_open(int parks)
{
	/* Not by malloc, which a signal handler that posix_spawns may have interrupted. */
	struct uring *uring = mmap(NULL, sizeof(*uring), PROT_READ | PROT_WRITE,
				   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	int error;

	if (uring == MAP_FAILED)
		return NULL;
	error = ring_open(&uring->ring, parks);
	if (error != 0) {
		munmap(uring, sizeof(*uring));
		errno = -error;
		return NULL;
	}
	uring->end = &uring->first;
	uring->lists_fds = __atomic_load_n(&kernel_lists_fds, __ATOMIC_RELAXED);
	return uring;
}

struct uring *uring_open_hidden(void)
{
	struct uring *uring = uring_open(0);
	int error = uring != NULL ? ring_hide(&uring->ring) : 0;

	if (error == 0)
		return uring;
	uring_close(uring);
	errno = -error;
	return NULL;
}

uint32_t uring_length(const struct chain *chain)
{
	return 1 + chain->step_count + chain->candidate_count;
}

/* The system call of a step. -1: a chain has none for it. */
// NOLINTNEXTLINE(readability-function-size): it answers for every step
static long call_of(const struct step *step, uint64_t a[6])
{
	static const struct kernel_sigaction to_default = { .handler = SIG_DFL };
	static const struct kernel_sigaction to_ignore = { .handler = SIG_IGN };

	for (int i = 0; i < 3; i++)
		a[i] = (uint64_t)step->args[i];
	a[3] = a[4] = a[5] = 0;
	switch (step->kind) {
	case RS_STEP_NAMESPACES:
		return SYS_unshare;
	case RS_STEP_SESSION:
		return SYS_setsid;
	case RS_STEP_PROCESS_GROUP:
		return SYS_setpgid;
	case RS_STEP_FDS:
		if (step->args[0] != step->args[1])
			return SYS_dup3;
		/* dup3 refuses equal numbers; there only close-on-exec stands in the way. */
		a[1] = F_SETFD;
		a[2] = step->args[2] != 0 ? FD_CLOEXEC : 0;
		return SYS_fcntl;
	case RS_STEP_TERMINAL:
		return SYS_ioctl;
	case RS_STEP_LIMITS:
		a[1] = a[0];
		a[0] = 0;
		a[2] = (uint64_t)(uintptr_t)&step->args[1];
		return SYS_prlimit64;
	case RS_STEP_PRIORITY:
		return SYS_setpriority;
	case RS_STEP_IO_PRIORITY:
		return SYS_ioprio_set;
	case RS_STEP_AFFINITY:
		a[2] = (uint64_t)(uintptr_t)step->data;
		return SYS_sched_setaffinity;
	case RS_STEP_SCHEDULER:
		a[2] = (uint64_t)(uintptr_t)&step
			       ->args[2]; /* its low half, on machines that begin with it */
		return SYS_sched_setscheduler;
	case RS_STEP_UMASK:
		return SYS_umask;
	case RS_STEP_ROOT:
		a[0] = (uint64_t)(uintptr_t)step->data;
		return SYS_chroot;
	case RS_STEP_CWD:
		if (step->data == NULL)
			return SYS_fchdir;
		a[0] = (uint64_t)(uintptr_t)step->data;
		return SYS_chdir;
	case RS_STEP_GROUPS:
		a[1] = (uint64_t)(uintptr_t)step->data;
		return SYS_setgroups;
	case RS_STEP_GID:
		return SYS_setresgid;
	case RS_STEP_UID:
		return SYS_setresuid;
	case RS_STEP_DIE_WITH_PARENT:
		/* In a chain the kernel itself looks whether the parent is still there; ESRCH, if
		 * not. */
		a[2] = 0;
		return SYS_prctl;
	case RS_STEP_NO_NEW_PRIVILEGES:
		return SYS_prctl;
	case RS_STEP_CLOSE_FDS:
		return SYS_close_range;
	case RS_STEP_SIGNALS:
		a[1] = (uint64_t)(uintptr_t)(step->args[1] == (intptr_t)SIG_DFL ? &to_default
										: &to_ignore);
		a[3] = KERNEL_SIGSET_SIZE;
		return SYS_rt_sigaction;
	case RS_STEP_MASK:
		a[1] = (uint64_t)(uintptr_t)&step->args[1];
		a[3] = KERNEL_SIGSET_SIZE;
		return SYS_rt_sigprocmask;
	/* They need a number that only the child learns, and a chain cannot pass one on. */
	case RS_STEP_OPEN:
	case RS_STEP_FOREGROUND:
		break;

	/* The parent's, and exec. */
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
	return -1;
}

static struct sqe *put(struct uring *uring, struct run *run, uint8_t opcode, uint8_t flags)
{
	struct sqe *sqe = ring_put(&uring->ring);

	sqe->opcode = opcode;
	sqe->flags = flags;
	sqe->user_data = mark(run, run->places++);
	run->left++;
	return sqe;
}

/* A fault wants the step that it is for. */
static int can_be_listed(const struct uring *uring, const struct chain *chain)
{
	if (!uring->lists_fds || chain->listed == NULL)
		return 0;
	for (uint32_t i = 0; i < chain->step_count; i++)
		if ((chain->steps[i].kind == RS_STEP_FDS ||
		     chain->steps[i].kind == RS_STEP_CLOSE_FDS) &&
		    fault(chain->steps[i].kind, chain->steps[i].index) != 0)
			return 0;
	return 1;
}

/* The FDS steps, whose targets ascend. */
static uint32_t fill_list(const struct chain *chain)
{
	uint32_t count = 0;

	for (uint32_t i = 0; i < chain->step_count; i++)
		if (chain->steps[i].kind == RS_STEP_FDS)
			chain->listed[count++] =
				(struct listed_fd){ .fd = (int32_t)chain->steps[i].args[1],
						    .from = (int32_t)chain->steps[i].args[0] };
	return count;
}

uint32_t uring_listed(const struct chain *chain)
{
	uint32_t count = 0;

	if (!__atomic_load_n(&kernel_lists_fds, __ATOMIC_RELAXED) || chain->listed == NULL)
		return 0;
	for (uint32_t i = 0; i < chain->step_count; i++)
		count += chain->steps[i].kind == RS_STEP_FDS;
	return count;
}

static void put_clone(struct uring *uring, struct run *run)
{
	const struct birth *birth = &run->chain->birth;
	struct sqe *sqe = put(uring, run, OP_CLONE, SQE_LINK);

	sqe->rw_flags = birth->without_pidfd ? 0 : CLONE_STORE_PIDFD;
	sqe->addr = birth->without_pidfd ? 0 : (uint64_t)(uintptr_t)&run->pidfd;
	sqe->off = birth->namespaces;
	if (birth->cgroup_fd >= 0) {
		sqe->rw_flags |= CLONE_IN_CGROUP;
		sqe->fd = birth->cgroup_fd;
	}
	if (run->is_listed) {
		sqe->rw_flags |= CLONE_LISTED_FDS;
		sqe->addr3 = (uint64_t)(uintptr_t)run->chain->listed;
		sqe->len = fill_list(run->chain);
	}
}

static struct sqe *put_call(struct uring *uring, struct run *run, long number,
			    const uint64_t args[6])
{
	struct sqe *sqe = put(uring, run, OP_SPAWN_CALL, SQE_LINK);
	uint64_t *kept = uring->calls[ring_place(&uring->ring, sqe)];

	memcpy(kept, args, 6 * sizeof(*kept));
	sqe->len = (uint32_t)number;
	sqe->addr = (uint64_t)(uintptr_t)kept;
	return sqe;
}

/* A call that is not there fails as well as any; which error it was to be is told at its
 * completion. */
#define NO_CALL (-1L)

static void put_step(struct uring *uring, struct run *run, const struct step *step)
{
	uint64_t args[6];
	long number = call_of(step, args);

	if (run->is_listed && step->kind == RS_STEP_CLOSE_FDS) {
		run->places++;
		return;
	}
	if (run->is_listed && step->kind == RS_STEP_FDS) {
		if (step->args[2] != 0)
			put_call(uring, run, SYS_fcntl,
				 (const uint64_t[6]){ (uint64_t)step->args[1], F_SETFD,
						      FD_CLOEXEC });
		else
			run->places++;
		return;
	}
	put_call(uring, run, fault(step->kind, step->index) != 0 ? NO_CALL : number, args);
}

static void put_exec(struct uring *uring, struct run *run, const char *path,
		     const char *const *argv, uint8_t flags)
{
	struct sqe *sqe = put(uring, run, OP_EXEC, flags);

	sqe->fd = AT_FDCWD;
	sqe->addr = (uint64_t)(uintptr_t)path;
	sqe->off = (uint64_t)(uintptr_t)argv;
	sqe->addr3 = (uint64_t)(uintptr_t)run->chain->envp;
	sqe->len = EXEC_SEARCH;
}

static void put_candidate(struct uring *uring, struct run *run, uint32_t i)
{
	const struct chain *chain = run->chain;
	uint8_t flags = i + 1 < chain->candidate_count ? SQE_HARDLINK : 0;
	int error = fault(RS_STEP_FILE, i);

	if (error == 0)
		put_exec(uring, run, chain->candidates[i].path, chain->argv, flags);
	else
		put_call(uring, run, NO_CALL, (const uint64_t[6]){ 0 })->flags =
			flags != 0 && !search_goes_on_after(error) ? SQE_LINK : flags;
}

/* What every chain begins with. The ring has room for all of it. */
static void put_birth(struct uring *uring, struct run *run)
{
	run->is_listed = can_be_listed(uring, run->chain);
	put_clone(uring, run);
	for (uint32_t i = 0; i < run->chain->step_count; i++)
		put_step(uring, run, &run->chain->steps[i]);
}

/* Queues the chain. */
static void launch(struct uring *uring, struct run *run, const struct chain *chain,
		   const char *shell)
{
	*run = (struct run){ .chain = chain, .shell = shell, .pidfd = -1 };
	put_birth(uring, run);
	if (shell != NULL)
		put_exec(uring, run, shell, chain->shell_argv, 0);
	else
		for (uint32_t i = 0; i < chain->candidate_count; i++)
			put_candidate(uring, run, i);
}

/* What a parked chain's last requests point to. Most of it is never touched, so it costs addresses,
 * not memory. */
#define PARKED_CANDIDATES 64u
#define PARKED_ARGS 131072u
#define PARKED_VARIABLES 16384u
#define PARKED_PATH 4096u
struct parked_room {
	char cwd[PARKED_PATH];
	char paths[PARKED_CANDIDATES][PARKED_PATH];
	const char *argv[PARKED_ARGS];
	const char *envp[PARKED_VARIABLES];
};
/* Behind the steps. */
enum { PARKED_READ, PARKED_CWD, PARKED_EXEC };

static void launch_parked(struct uring *uring, struct run *run, struct parked *parked,
			  const struct chain *chain)
{
	struct sqe *read;

	*run = (struct run){ .chain = chain, .parked = 1, .pidfd = -1 };
	put_birth(uring, run);
	read = put(uring, run, OP_READ, SQE_LINK);
	read->fd = (int32_t)parked->gate;
	read->addr = (uint64_t)(uintptr_t)&parked->read;
	read->len = sizeof(parked->read);
	read->off = UINT64_MAX; /* it has no position */
	put_call(uring, run, SYS_chdir,
		 (const uint64_t[6]){ (uint64_t)(uintptr_t)parked->room->cwd });
	for (uint32_t i = 0; i < parked->places; i++)
		put_exec(uring, run, parked->room->paths[i], parked->room->argv,
			 i + 1 < parked->places ? SQE_HARDLINK : 0);
}

static void fail_run(struct run *run, int error, enum rs_step step, uint32_t index)
{
	run->error = error;
	run->step = step;
	run->index = index;
}

static int injected(uint32_t step, uint32_t index, int error)
{
	int wanted = fault(step, index);

	return wanted != 0 ? wanted : error;
}

/* A birth failed. One that had a list: for an fd that was closed meanwhile, or for a number beyond
 * the limit? */
static void fail_birth(struct run *run, int error)
{
	const struct chain *chain = run->chain;
	struct rlimit limit = { RLIM_INFINITY, RLIM_INFINITY };

	getrlimit(RLIMIT_NOFILE, &limit);
	for (uint32_t i = 0; error == EBADF && run->is_listed && i < chain->step_count; i++) {
		const struct step *step = &chain->steps[i];

		if (step->kind != RS_STEP_FDS)
			continue;
		if ((uint64_t)step->args[1] >= limit.rlim_cur ||
		    fcntl((int)step->args[0], F_GETFD) < 0) {
			fail_run(run, error, RS_STEP_FDS, step->index);
			return;
		}
	}
	fail_run(run, error, birth_step(&chain->birth, error), 0);
}

/* One request of a run is over. */
static void complete(uint64_t user_data, int32_t res)
{
	struct run *run = run_of(user_data);
	const struct chain *chain = run->chain;
	uint32_t place = (uint32_t)(user_data >> 48);

	run->left--;
	/* Cut off by whatever ended the chain, which says so itself. */
	if (res == -ECANCELED)
		return;
	if (place == 0) {
		if (res < 0)
			fail_birth(run, -res);
		else
			run->pid = res;
		return;
	}
	if (res >= 0)
		return;
	if (place <= chain->step_count) {
		const struct step *step = &chain->steps[place - 1];

		fail_run(run, injected(step->kind, step->index, -res), step->kind, step->index);
		return;
	}
	place -= 1 + chain->step_count;
	if (run->parked && place == PARKED_READ) {
		/* A signal ended the wait, and then the child, which its exit tells. */
	} else if (run->parked && place < PARKED_EXEC) {
		fail_run(run, -res, RS_STEP_CWD, 0);
	} else {
		uint32_t candidate = run->parked ? place - PARKED_EXEC : place;

		/* Places that the program did not need. */
		if (candidate >= chain->candidate_count)
			return;
		run->exec_index = candidate;
		run->exec_error = injected(RS_STEP_FILE, candidate, -res);
		if (run->shell == NULL)
			chain->candidates[candidate].error = run->exec_error;
	}
}

/*
 * Submits what is queued, waits for `wanted` completions, takes all that have come. What the kernel
 * does not take for want of memory is over, with that error.
 */
static void turn(struct uring *uring, uint32_t wanted)
{
	struct ring *ring = &uring->ring;
	int error = ring_enter(ring, wanted);
	struct cqe cqe;

	while (ring_take(ring, &cqe))
		complete(cqe.user_data, cqe.res);
	if (error == 0 || error == -EINTR)
		return;
	for (uint32_t i = ring_unsubmitted(ring); i > 0; i--)
		complete(ring->sqes[(ring->tail - i) & ring->sq_mask].user_data, error);
	ring_withdraw(ring);
}

static const char *data_of(const struct chain *chain, enum rs_step kind)
{
	for (uint32_t i = 0; i < chain->step_count; i++)
		if (chain->steps[i].kind == kind)
			return chain->steps[i].data;
	return NULL;
}

/* The child is gone, so its root and cwd are walked from here. */
static int is_there(const struct chain *chain, const char *path)
{
	const char *root = data_of(chain, RS_STEP_ROOT);
	const char *cwd = chain->late_cwd != NULL ? chain->late_cwd : data_of(chain, RS_STEP_CWD);
	struct {
		uint64_t flags, mode, resolve;
	} how = { O_PATH | O_CLOEXEC, 0, root != NULL ? RESOLVE_IN_ROOT : 0 };
	int from = root != NULL ? open(root, O_PATH | O_DIRECTORY | O_CLOEXEC) : AT_FDCWD;
	size_t size = strlen(path) + (cwd != NULL ? strlen(cwd) : 0) + 2;
	char *whole = malloc(size);
	int fd = -1;

	if (whole != NULL) {
		snprintf(whole, size, "%s%s%s", path[0] == '/' || cwd == NULL ? "" : cwd,
			 path[0] == '/' || cwd == NULL ? "" : "/", path);
		fd = (int)syscall(SYS_openat2, from, whole, &how, sizeof(how));
		free(whole);
	}
	if (from >= 0)
		close(from);
	if (fd >= 0)
		close(fd);
	return fd >= 0;
}

/* The run is over: what its candidates come to, and no zombie if it has failed. */
static void conclude(struct run *run)
{
	const struct chain *chain = run->chain;

	if (run->error == 0 && run->exec_error != 0) {
		if (run->shell != NULL) {
			/* The candidate was fine, it is the shell that is missing. Which one, the
			 * caller knows. */
			fail_run(run, run->exec_error, RS_STEP_INTERPRETER, 0);
		} else if (!search_goes_on_after(run->exec_error)) {
			fail_run(run, run->exec_error, RS_STEP_FILE, run->exec_index);
		} else if (run->exec_index + 1 == chain->candidate_count) {
			struct verdict verdict = exec_verdict(chain, is_there);

			fail_run(run, verdict.error, verdict.step, verdict.index);
		}
		/* Else a signal has killed the child in the middle of its search, which is an end
		 * like any other. */
	}
	if (run->error != 0 && run->pid > 0)
		cradle_reap(run->pidfd, run->pid);
}

static void drop_pidfd(struct run *run)
{
	if (run->pidfd >= 0)
		close(run->pidfd);
	run->pidfd = -1;
}

/* A signal was pending, so nobody was born: it has been dealt with by now. */
static int was_interrupted(const struct run *run)
{
	return run->error == EINTR && run->pid == 0;
}

/* From its launch to its end, nothing left of a failure. */
static void fly(struct uring *uring, struct run *run, const struct chain *chain, const char *shell)
{
	int error = fault(RS_STEP_BIRTH, 0);

	if (error != 0) {
		*run = (struct run){ .chain = chain, .pidfd = -1 };
		fail_run(run, error, RS_STEP_BIRTH, 0);
		return;
	}
	do {
		if (ring_room(&uring->ring) < uring_length(chain))
			turn(uring, 0);
		launch(uring, run, chain, shell);
		while (run->left > 0)
			turn(uring, run->left);
	} while (was_interrupted(run));
	conclude(run);
	if (run->error != 0)
		drop_pidfd(run);
}

void uring_run(struct uring *uring, const struct chain *chain, struct rs_outcome *out)
{
	struct run run;

	fly(uring, &run, chain, NULL);
	if (run.error == ENOEXEC && run.step == RS_STEP_FILE && chain->shell_argv != NULL) {
		uint32_t candidate = run.index;

		/* A chain cannot turn to the shell by itself: this is a second one, for the program
		 * never ran. */
		chain->shell_argv[1] = chain->candidates[candidate].path;
		fly(uring, &run, chain, chain->shell_argv[0]);
		if (run.error != 0 && run.step == RS_STEP_INTERPRETER)
			run.index = candidate;
	}
	if (run.error != 0) {
		fail(out, run.error, run.step, run.index);
	} else {
		out->pid = run.pid;
		out->pidfd = run.pidfd;
	}
}

/* The program does not get the gate: its exec closes it, which takes no request of its own. */
static void close_on_exec(const struct chain *chain, uint32_t fd)
{
	for (uint32_t i = 0; i < chain->step_count; i++)
		if (chain->steps[i].kind == RS_STEP_FDS && chain->steps[i].args[1] == fd)
			chain->steps[i].args[2] = O_CLOEXEC;
}

/* What every program will be written to is there before, so that none waits for a page. */
static void touch(const struct parked *parked)
{
	struct parked_room *room = parked->room;
	volatile char *const lists[] = { room->cwd, (char *)room->argv, (char *)room->envp };

	for (size_t i = 0; i < sizeof(lists) / sizeof(*lists); i++)
		*lists[i] = 0;
	for (uint32_t i = 0; i < parked->places; i++)
		*(volatile char *)room->paths[i] = 0;
}

int flight_park(struct flight *flight, uint32_t gate)
{
	struct parked *parked = calloc(1, sizeof(*parked));

	if (parked == NULL)
		return -ENOMEM;
	parked->room = mmap(NULL, sizeof(*parked->room), PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (parked->room == MAP_FAILED) {
		free(parked);
		return -ENOMEM;
	}
	parked->gate = gate;
	parked->places = flight->chain.candidate_count;
	if (parked->places > PARKED_CANDIDATES)
		parked->places = PARKED_CANDIDATES;
	touch(parked);
	close_on_exec(&flight->chain, gate);
	flight->parked = parked;
	flight->chain.candidate_count = 0;
	flight->chain.envp = parked->room->envp;
	return 0;
}

void flight_free(struct flight *flight)
{
	if (flight->parked != NULL) {
		munmap(flight->parked->room, sizeof(*flight->parked->room));
		request_free(&flight->parked->program);
		free(flight->parked);
	}
	if (flight->has_child_ends)
		pipe_close_child_ends(&flight->request, flight->cgroup_fd);
	request_free(&flight->request);
	free(flight->environ);
	free(flight);
}

static uint32_t flight_length(const struct flight *flight)
{
	return uring_length(&flight->chain) +
	       (flight->parked != NULL ? PARKED_EXEC + flight->parked->places : 0);
}

static void launch_flight(struct uring *uring, struct flight *flight)
{
	if (flight->parked != NULL)
		launch_parked(uring, &flight->run, flight->parked, &flight->chain);
	else
		launch(uring, &flight->run, &flight->chain, NULL);
}

static uint32_t length_of(char *const *list)
{
	uint32_t length = 0;

	while (list[length] != NULL)
		length++;
	return length;
}

static int fits(const struct parked *parked, const struct request *program, uint32_t variables)
{
	const struct rs_request *h = &program->head;

	if (h->candidates.count > parked->places || h->argv.count >= PARKED_ARGS ||
	    variables >= PARKED_VARIABLES)
		return 0;
	for (uint32_t i = 0; i < h->candidates.count; i++)
		if (strlen(program->candidates[i].path) >= PARKED_PATH)
			return 0;
	return program->cwd != NULL && strlen(program->cwd) < PARKED_PATH;
}

int uring_fill(struct uring *uring, uint32_t ticket, const struct request *program, char **environ,
	       int gate_fd)
{
	const struct rs_request *h = &program->head;
	const char *const *envp = environ != NULL ? (const char *const *)environ : program->envp;
	uint32_t variables = environ != NULL ? length_of(environ) : h->envp.count;
	const uint64_t one = 1;
	struct flight *flight = uring->first;
	struct parked_room *room;

	while (flight != NULL && flight->ticket != ticket)
		flight = flight->next;
	if (flight == NULL || flight->parked == NULL || flight->parked->has_program ||
	    flight->run.error != 0)
		return -ESRCH;
	if (!fits(flight->parked, program, variables))
		return -E2BIG;
	if (envp == NULL)
		return -EINVAL;
	room = flight->parked->room;
	strcpy(room->cwd, program->cwd);
	for (uint32_t i = 0; i < h->candidates.count; i++)
		strcpy(room->paths[i], program->candidates[i].path);
	memcpy(room->argv, program->argv, (h->argv.count + 1) * sizeof(char *));
	memcpy(room->envp, envp, (variables + 1) * sizeof(char *));
	/* The kernel reads all this when the child gets there, which this write lets it do. */
	if (write(gate_fd, &one, sizeof(one)) != sizeof(one))
		return -errno;
	flight->environ = environ;
	flight->parked->program = *program;
	flight->parked->has_program = 1;
	flight->chain.candidates = flight->parked->program.candidates;
	flight->chain.candidate_count = h->candidates.count;
	flight->chain.late_cwd = room->cwd;
	return 0;
}

uint32_t uring_queue(struct uring *uring, struct flight *flight)
{
	if (ring_room(&uring->ring) < flight_length(flight))
		turn(uring, 0);
	launch_flight(uring, flight);
	flight->next = NULL;
	*uring->end = flight;
	uring->end = &flight->next;
	if (uring->first == flight)
		ring_set_bell(&uring->ring, 1);
	uring->last_ticket = uring->last_ticket % INT32_MAX + 1; /* never 0, never negative */
	return flight->ticket = uring->last_ticket;
}

static int relaunch_interrupted(struct uring *uring)
{
	int launched = 0;

	for (struct flight *flight = uring->first; flight != NULL; flight = flight->next) {
		if (flight->run.left != 0 || !was_interrupted(&flight->run))
			continue;
		if (ring_room(&uring->ring) < flight_length(flight))
			return 1;
		launch_flight(uring, flight);
		launched = 1;
	}
	return launched;
}

/* Something to tell of it? Fills the row. */
static int tell(struct flight *flight, struct rs_started *row)
{
	struct run *run = &flight->run;
	int is_born = run->pid > 0, is_over = run->left == 0;

	if (!is_over && (!is_born || flight->told_born))
		return 0;
	if (is_over)
		conclude(run);
	*row = (struct rs_started){
		.ticket = flight->ticket,
		.over = (uint32_t)is_over,
		.error = is_over ? run->error : 0,
		.step = is_over ? run->step : RS_STEP_NONE,
		.index = run->index,
		.pid = run->pid,
		.pidfd = flight->told_born ? -1 : run->pidfd,
	};
	/* Of a child that nobody has heard of, nothing is left. */
	if (is_over && run->error != 0 && !flight->told_born) {
		drop_pidfd(run);
		row->pid = 0;
		row->pidfd = -1;
	}
	flight->told_born = 1;
	return 1;
}

uint32_t uring_submit(struct uring *uring, struct rs_started *out, uint32_t capacity)
{
	struct flight **at = &uring->first;
	uint32_t rows = 0;

	do
		turn(uring, 0);
	while (ring_unsubmitted(&uring->ring) > 0 || relaunch_interrupted(uring));
	while (*at != NULL && rows < capacity) {
		struct flight *flight = *at;

		/* Born or not, what the child was to have of our fds it has. */
		if (flight->has_child_ends) {
			pipe_close_child_ends(&flight->request, flight->cgroup_fd);
			flight->has_child_ends = 0;
		}
		rows += (uint32_t)tell(flight, &out[rows]);
		if (flight->run.left != 0) {
			at = &flight->next;
			continue;
		}
		*at = flight->next;
		if (*at == NULL)
			uring->end = at;
		flight_free(flight);
	}
	if (uring->first == NULL)
		ring_set_bell(&uring->ring, 0);
	return rows;
}

int uring_bell(const struct uring *uring)
{
	return uring->ring.bell_fd;
}

void uring_hush(struct uring *uring)
{
	uint64_t count;

	/* EAGAIN: it was quiet. */
	if (read(uring->ring.bell_fd, &count, sizeof(count)) < 0)
		errno = 0;
}

void uring_close(struct uring *uring)
{
	const struct timespec a_moment = { .tv_nsec = 1000000 };
	struct rs_started row;

	if (uring == NULL)
		return;
	/* As long as the chain is not over, the pid is its child's. */
	for (struct flight *flight = uring->first; flight != NULL; flight = flight->next)
		if (flight->parked != NULL && !flight->parked->has_program &&
		    flight->run.left > 0 && flight->run.pid > 0)
			kill(flight->run.pid, SIGKILL);
	/* Chains do not block, but a file system may. */
	for (int i = 0; i < 1000 && uring->first != NULL; i++) {
		while (uring_submit(uring, &row, 1) > 0)
			if (row.pidfd >= 0)
				rs_abandon(row.pidfd);
		if (uring->first != NULL)
			nanosleep(&a_moment, NULL);
	}
	ring_close(&uring->ring);
	/* What is still under way may still read its memory, so that is left to it. */
	if (uring->first == NULL)
		munmap(uring, sizeof(*uring));
}

/* An exec of nothing in particular: /dev/null is no program, and by then everything else has
 * worked. */
static int try_one(struct uring *uring)
{
	static const char *const nothing[] = { NULL };
	static struct candidate candidate = { .path = "/dev/null" };
	struct listed_fd room[1];
	struct step steps[] = {
		{ .kind = RS_STEP_FDS, .args = { uring->ring.fd, 0, 0 } },
		{ .kind = RS_STEP_UMASK, .args = { 022 } },
	};
	struct chain chain = {
		.birth = { .cgroup_fd = -1 },
		.steps = steps,
		.step_count = 2,
		.listed = room,
		.candidates = &candidate,
		.candidate_count = 1,
		.argv = (const char **)nothing,
		.envp = nothing,
	};
	struct run run;

	fly(uring, &run, &chain, NULL);
	if (run.pid == 0)
		return run.error;
	return run.error == EACCES && run.step == RS_STEP_FILE ? 0
	       : run.error != 0                                ? run.error
							       : ENOSYS;
}

void uring_probe(struct rs_probe *out)
{
	struct uring *uring;
	char text[16];
	ssize_t length;
	int fd = open(IO_URING_SPAWN_ABI_FILE, O_RDONLY | O_CLOEXEC);

	if (fd < 0) {
		out->part = RS_PROBE_NO_SPAWN_ABI;
		out->error = errno;
		return;
	}
	length = read(fd, text, sizeof(text) - 1);
	text[length > 0 ? length : 0] = 0;
	close(fd);
	if (length <= 0) { /* something else lies over it */
		out->part = RS_PROBE_NO_SPAWN_ABI;
		return;
	}
	if (atoi(text) != IO_URING_SPAWN_ABI) {
		out->part = RS_PROBE_SPAWN_ABI;
		out->error = atoi(text);
		return;
	}
	uring = uring_open(0);
	if (uring == NULL) {
		out->part = RS_PROBE_RING;
		out->error = errno;
		return;
	}
	uring->lists_fds = 1;
	out->error = try_one(uring);
	if (out->error == EINVAL) { /* a kernel without that flag */
		uring->lists_fds = 0;
		out->error = try_one(uring);
	}
	__atomic_store_n(&kernel_lists_fds, uring->lists_fds, __ATOMIC_RELAXED);
	out->part = out->error == 0 ? RS_PROBE_OK : RS_PROBE_CHAIN;
	uring_close(uring);
}
