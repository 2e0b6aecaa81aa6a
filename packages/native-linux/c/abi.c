/* The entry points: each checks what it writes to, then tells the story of one call. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sched.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "chain.h"
#include "engine.h"
#include "fault.h"
#include "kernel.h"
#include "lasting.h"
#include "orphan.h"
#include "outcome.h"
#include "pipe.h"
#include "request.h"
#include "ringspawn.h"
#include "thread.h"
#include "uring.h"
#include "vfork.h"

extern char **environ;

#ifdef RS_FAULTS
struct rs_fault rs_fault;
#endif

uint32_t rs_abi(void)
{
	return RS_ABI;
}

static void outcome_reset(struct rs_outcome *out)
{
	memset(out, 0xff, sizeof(*out)); /* -1 everywhere: pid, pidfd, fds */
	out->size = sizeof(*out);
	out->error = 0;
	out->step = RS_STEP_NONE;
	out->index = 0;
}

/* The kernel took the lowest number. Without another one the low one must do: the child runs
 * already. */
static int above_stdio(int pidfd)
{
	int moved = pidfd >= 0 && pidfd <= 2 ? fcntl(pidfd, F_DUPFD_CLOEXEC, 3) : -1;

	if (moved < 0)
		return pidfd;
	close(pidfd);
	return moved;
}

/* 0 if the chain can go into a ring, which `uring` then is; else -errno, with `out` filled. */
static int ring_for(struct uring **uring, const struct chain *chain, struct rs_outcome *out)
{
	if (uring_length(chain) > URING_MAX_CHAIN)
		return fail(out, E2BIG, RS_STEP_BIRTH, 0);
	if (*uring == NULL)
		*uring = uring_open(0);
	return *uring != NULL ? 0 : fail(out, errno, RS_STEP_BIRTH, 0);
}

struct birth_job {
	const struct chain *chain;
	enum rs_executor executor;
	void *stack_top;
	struct uring **uring;
	struct rs_outcome *out;
};

static void run_birth(void *arg)
{
	struct birth_job *job = arg;

	switch (job->executor) {
	case RS_EXECUTOR_VFORK:
		vfork_run(job->chain, job->stack_top, job->out);
		break;
	case RS_EXECUTOR_IO_URING:
		if (ring_for(job->uring, job->chain, job->out) == 0)
			uring_run(*job->uring, job->chain, job->out);
		break;
	}
}

/* Would the death of this thread be taken for the parent's? */
static int is_mortal(const struct request *request)
{
	return (request->head.set & RS_SET_DIE_WITH_PARENT) && sys0(SYS_gettid) != getpid();
}

static void give_birth(struct rs_engine *engine, const struct request *request,
		       const struct chain *chain, struct rs_outcome *out)
{
	static struct uring *lasting; /* a ring belongs to the thread that made it */
	struct birth_job job = { chain, (enum rs_executor)request->head.executor,
				 engine_stack_top(engine), &engine->uring, out };
	int error;

	if (is_mortal(request)) {
		job.uring = &lasting;
		error = lasting_run(run_birth, &job);
		if (error != 0)
			fail(out, -error, RS_STEP_BIRTH, 0);
	} else {
		run_birth(&job);
	}
	out->pidfd = above_stdio(out->pidfd);
}

int rs_spawn(struct rs_engine *engine, const void *block, uint32_t len, struct rs_outcome *out)
{
	struct request request;
	struct chain chain;
	int cgroup_fd;

	if (out == NULL || engine == NULL)
		return -EFAULT;
	if (out->size != sizeof(*out))
		return -EINVAL;
	outcome_reset(out);
	orphans_reap();
	if (request_parse(&request, block, len, out) != 0)
		return 0;
	if (pipe_open(&request, engine, &cgroup_fd, out) == 0) {
		chain_build(&chain, &request, engine, cgroup_fd);
		give_birth(engine, &request, &chain, out);
		pipe_close_child_ends(&request, cgroup_fd);
		if (out->error == 0) {
			pipe_give(&request, out);
			thread_owns(out, request.head.slots.count);
		} else {
			pipe_close_parent_ends(&request);
		}
	}
	request_free(&request);
	return 0;
}

/* A copy of `environ` in one allocation, which the program may change while a chain is under way.
 * NULL: no memory */
static char **copy_environ(void)
{
	size_t count = 0, size = 0;
	char **copy, *text;

	while (environ[count] != NULL)
		size += strlen(environ[count++]) + 1;
	copy = malloc((count + 1) * sizeof(char *) + size);
	if (copy == NULL)
		return NULL;
	text = (char *)&copy[count + 1];
	for (size_t i = 0; i < count; i++) {
		copy[i] = text;
		text = stpcpy(text, environ[i]) + 1;
	}
	copy[count] = NULL;
	return copy;
}

/* 0, or -errno with `out` filled; what the flight holds is its owner's to free in both cases. */
static int board(struct rs_engine *engine, struct flight *flight, struct rs_outcome *out)
{
	struct request *request = &flight->request;

	if (pipe_open(request, engine, &flight->cgroup_fd, out) != 0)
		return -out->error;
	if (pipe_keep(request, &flight->cgroup_fd, out) != 0)
		return -out->error;
	flight->has_child_ends = 1;
	chain_build(&flight->chain, request, engine, flight->cgroup_fd);
	return 0;
}

/* 0 if the flight can go into the ring; else -errno, with `out` filled. */
static int ring_for_start(struct rs_engine *engine, struct flight *flight, struct rs_outcome *out)
{
	if (flight->request.envp == NULL) {
		flight->environ = copy_environ();
		if (flight->environ == NULL)
			return fail(out, ENOMEM, RS_STEP_MEMORY, 0);
		flight->chain.envp = (const char *const *)flight->environ;
	}
	return ring_for(&engine->uring, &flight->chain, out);
}

static int ring_for_parking(struct rs_engine *engine, struct flight *flight, uint32_t gate,
			    struct rs_outcome *out)
{
	int error = flight_park(flight, gate);

	if (error != 0)
		return fail(out, -error, RS_STEP_MEMORY, 0);
	if (engine->parking == NULL)
		engine->parking = uring_open(1);
	return engine->parking != NULL ? 0 : fail(out, errno, RS_STEP_BIRTH, 0);
}

#define NO_GATE UINT32_MAX

/* A ticket; or 0, with `out` filled. */
static int queue(struct rs_engine *engine, struct flight *flight, uint32_t gate,
		 struct rs_outcome *out)
{
	uint32_t slots = flight->request.head.slots.count;
	int error;

	if (flight->request.head.executor != RS_EXECUTOR_IO_URING)
		fail(out, EINVAL, RS_STEP_REQUEST, offsetof(struct rs_request, executor));
	else if (board(engine, flight, out) == 0) {
		error = gate == NO_GATE ? ring_for_start(engine, flight, out)
					: ring_for_parking(engine, flight, gate, out);
		if (error != 0)
			pipe_close_parent_ends(&flight->request);
	}
	if (out->error != 0) {
		flight_free(flight);
		return 0;
	}
	pipe_give(&flight->request, out);
	thread_owns(out, slots);
	return (int)uring_queue(gate == NO_GATE ? engine->uring : engine->parking, flight);
}

/* 0 with *flight, which is then the caller's; else what the entry point is to answer. */
static int prepare(const struct rs_engine *engine, const void *block, uint32_t len,
		   struct rs_outcome *out, struct flight **flight)
{
	*flight = NULL;
	if (out == NULL || engine == NULL)
		return -EFAULT;
	if (out->size != sizeof(*out))
		return -EINVAL;
	outcome_reset(out);
	orphans_reap();
	*flight = calloc(1, sizeof(**flight));
	if (*flight == NULL) {
		fail(out, ENOMEM, RS_STEP_MEMORY, 0);
	} else if (request_parse(&(*flight)->request, block, len, out) != 0) {
		free(*flight);
		*flight = NULL;
	}
	return 0;
}

int rs_queue(struct rs_engine *engine, const void *block, uint32_t len, struct rs_outcome *out)
{
	struct flight *flight;
	int error = prepare(engine, block, len, out, &flight);

	if (flight == NULL)
		return error;
	if (flight->request.shell_argv != NULL || is_mortal(&flight->request)) {
		flight_free(flight);
		return -EOPNOTSUPP;
	}
	return queue(engine, flight, NO_GATE, out);
}

static int has_slot(const struct request *request, uint32_t target)
{
	for (uint32_t i = 0; i < request->head.slots.count; i++)
		if ((uint32_t)request->slots[i].target == target)
			return request->slots[i].kind == RS_SLOT_FD;
	return 0;
}

int rs_park(struct rs_engine *engine, const void *block, uint32_t len, uint32_t gate,
	    struct rs_outcome *out)
{
	struct flight *flight;
	int error = prepare(engine, block, len, out, &flight);

	if (flight == NULL)
		return error;
	if (flight->request.shell_argv != NULL || is_mortal(&flight->request) ||
	    !has_slot(&flight->request, gate)) {
		int answer = has_slot(&flight->request, gate) ? -EOPNOTSUPP : -EINVAL;

		flight_free(flight);
		return answer;
	}
	return queue(engine, flight, gate, out);
}

int rs_fill(struct rs_engine *engine, uint32_t ticket, int32_t gate_fd, const void *block,
	    uint32_t len)
{
	struct rs_outcome unused;
	struct request program;
	char **copy = NULL;
	int error;

	if (engine == NULL)
		return -EFAULT;
	if (engine->parking == NULL)
		return -ESRCH;
	error = request_parse(&program, block, len, &unused);
	if (error != 0)
		return error;
	if (program.envp == NULL) {
		copy = copy_environ();
		error = copy == NULL ? -ENOMEM : 0;
	}
	if (error == 0)
		error = uring_fill(engine->parking, ticket, &program, copy, gate_fd);
	if (error != 0) {
		free(copy);
		request_free(&program);
	}
	return error;
}

int rs_gate(void)
{
	int fd = fd_above_stdio(eventfd(0, EFD_CLOEXEC));

	return fd < 0 ? -errno : fd;
}

/* By words: this runs each time a waiting child is used. No step loses anything, so one difference
 * always shows. */
static uint64_t mix(uint64_t hash, const void *words, size_t size)
{
	for (size_t at = 0; at < size; at += sizeof(uint64_t)) {
		uint64_t word;

		memcpy(&word, (const uint8_t *)words + at, sizeof(word));
		hash = (hash ^ word) * 0x9e3779b97f4a7c15ull;
		hash ^= hash >> 32;
	}
	return hash;
}

static int mix_groups(uint64_t *hash)
{
	/* Most have few, and need no memory. */
	gid_t few[256], *ids = few;
	int count = getgroups(sizeof(few) / sizeof(*few), few);

	if (count < 0) {
		count = getgroups(0, NULL);
		ids = malloc(((size_t)count + 1) * sizeof(*ids));
		if (ids == NULL)
			return -ENOMEM;
		count = getgroups(count, ids);
	}
	if (count > 0) {
		if (count % 2 != 0)
			ids[count] = 0;
		*hash = mix(*hash, ids, ((size_t)count + 1) / 2 * sizeof(uint64_t));
	}
	*hash = mix(*hash, &(uint64_t){ (uint64_t)count }, sizeof(uint64_t));
	if (ids != few)
		free(ids);
	return 0;
}

int rs_birthmark(uint64_t *out)
{
	struct {
		uid_t uid[3];
		gid_t gid[3];
		int nice, io, policy;
		struct sched_param sched;
		struct rlimit limits[KERNEL_RLIM_NLIMITS];
		cpu_set_t cpus;
		struct {
			uint64_t dev, ino;
		} places[2];
	} self;
	struct stat place;

	_Static_assert(sizeof(self) % sizeof(uint64_t) == 0, "whole words");
	if (out == NULL)
		return -EFAULT;
	memset(&self, 0, sizeof(self));
	getresuid(&self.uid[0], &self.uid[1], &self.uid[2]);
	getresgid(&self.gid[0], &self.gid[1], &self.gid[2]);
	self.nice = getpriority(PRIO_PROCESS, 0);
	self.io = (int)syscall(SYS_ioprio_get, KERNEL_IOPRIO_WHO_PROCESS, 0);
	self.policy = sched_getscheduler(0);
	sched_getparam(0, &self.sched);
	/* libc's getrlimit is prlimit64, which looks up whose it is first. */
	for (uint32_t resource = 0; resource < KERNEL_RLIM_NLIMITS; resource++)
		syscall(SYS_getrlimit, resource, &self.limits[resource]);
	sched_getaffinity(0, sizeof(self.cpus), &self.cpus);
	for (int i = 0; i < 2; i++) {
		if (stat(i == 0 ? "/" : ".", &place) != 0)
			continue;
		self.places[i].dev = place.st_dev;
		self.places[i].ino = place.st_ino;
	}
	*out = mix(0, &self, sizeof(self));
	return mix_groups(out);
}

static struct uring *ring_of(const struct rs_engine *engine, uint32_t ring)
{
	return ring == RS_RING_PARKING ? engine->parking : engine->uring;
}

int rs_submit(struct rs_engine *engine, uint32_t ring, uint32_t hush, struct rs_started *out,
	      uint32_t capacity)
{
	struct uring *uring;
	uint32_t count;

	if (engine == NULL || (out == NULL && capacity != 0))
		return -EFAULT;
	uring = ring_of(engine, ring);
	if (uring == NULL)
		return 0;
	if (hush)
		uring_hush(uring);
	count = uring_submit(uring, out, capacity);
	for (uint32_t i = 0; i < count; i++) {
		out[i].pidfd = above_stdio(out[i].pidfd);
		if (out[i].pidfd >= 0)
			thread_owns_pidfd(out[i].pidfd);
	}
	return (int)count;
}

int rs_bell(const struct rs_engine *engine, uint32_t ring)
{
	if (engine == NULL)
		return -EFAULT;
	return ring_of(engine, ring) == NULL ? -ENOENT : uring_bell(ring_of(engine, ring));
}

static void explain_row(struct rs_explained *out, uint32_t capacity, uint32_t row, uint32_t step,
			uint32_t index, const int64_t args[3])
{
	if (row < capacity)
		out[row] = (struct rs_explained){ step, index, { args[0], args[1], args[2] } };
}

int rs_explain(struct rs_engine *engine, const void *block, uint32_t len, struct rs_explained *out,
	       uint32_t capacity)
{
	const int64_t none[3] = { 0, 0, 0 };
	struct rs_outcome failure;
	struct request request;
	struct chain chain;
	uint32_t row = 0;
	int cgroup_fd, error;

	if (engine == NULL || (out == NULL && capacity != 0))
		return -EFAULT;
	error = request_parse(&request, block, len, &failure);
	if (error != 0)
		return error;
	pipe_pretend(&request, engine, &cgroup_fd);
	chain_build(&chain, &request, engine, cgroup_fd);
	if (request.head.executor == RS_EXECUTOR_IO_URING)
		explain_row(out, capacity, row++, RS_STEP_BIRTH, 0,
			    (const int64_t[3]){ (int64_t)chain.birth.namespaces, cgroup_fd,
						uring_listed(&chain) });
	else
		explain_row(out, capacity, row++, RS_STEP_BIRTH, 0,
			    (const int64_t[3]){ (int64_t)vfork_flags(&chain), cgroup_fd,
						chain.birth.fds_end });
	for (uint32_t i = 0; i < chain.step_count; i++)
		explain_row(out, capacity, row++, chain.steps[i].kind, chain.steps[i].index,
			    chain.steps[i].args);
	for (uint32_t i = 0; i < chain.candidate_count; i++)
		explain_row(out, capacity, row++, RS_STEP_FILE, i, none);
	request_free(&request);
	return (int)row;
}

int rs_kill(int32_t pidfd, int32_t signal)
{
	return (int)sys4(SYS_pidfd_send_signal, pidfd, signal, 0, 0);
}

static uint64_t micros(const struct timeval *time)
{
	return (uint64_t)time->tv_sec * 1000000u + (uint64_t)time->tv_usec;
}

int rs_reap(int32_t pidfd, struct rs_exit *out)
{
	struct rusage usage;
	siginfo_t info;
	long ret;

	if (out == NULL)
		return -EFAULT;
	if (out->size != sizeof(*out))
		return -EINVAL;
	memset(out, 0, sizeof(*out));
	out->size = sizeof(*out);
	out->code = -1;
	info.si_pid = 0; /* stays 0 while the child runs */
	/* libc's waitid hides the usage. */
	do
		ret = sys5(SYS_waitid, KERNEL_P_PIDFD, pidfd, (long)&info,
			   WEXITED | WNOHANG | KERNEL_WALL, (long)&usage);
	while (ret == -EINTR);
	if (ret == -ECHILD)
		return 1;
	if (ret < 0)
		return (int)ret;
	if (info.si_pid == 0)
		return 0;
	out->known = 1;
	if (info.si_code == CLD_EXITED) {
		out->code = info.si_status;
	} else {
		out->signal = info.si_status;
		out->core_dumped = info.si_code == CLD_DUMPED;
	}
	out->user_us = micros(&usage.ru_utime);
	out->system_us = micros(&usage.ru_stime);
	out->max_rss = (uint64_t)usage.ru_maxrss * 1024;
	out->voluntary_switches = (uint64_t)usage.ru_nvcsw;
	out->involuntary_switches = (uint64_t)usage.ru_nivcsw;
	out->minor_faults = (uint64_t)usage.ru_minflt;
	out->major_faults = (uint64_t)usage.ru_majflt;
	out->blocks_in = (uint64_t)usage.ru_inblock;
	out->blocks_out = (uint64_t)usage.ru_oublock;
	return 1;
}

int32_t rs_read(int32_t fd, void *into, uint32_t len)
{
	ssize_t ret;

	do
		ret = read(fd, into, len > INT32_MAX ? INT32_MAX : len);
	while (ret < 0 && errno == EINTR);
	return ret < 0 ? -errno : (int32_t)ret;
}

int32_t rs_write(int32_t fd, const void *from, uint32_t len)
{
	ssize_t ret;

	do
		ret = write(fd, from, len > INT32_MAX ? INT32_MAX : len);
	while (ret < 0 && errno == EINTR);
	return ret < 0 ? -errno : (int32_t)ret;
}

/* Not retried: on Linux the number is free again even after EINTR, and may be another's by now. */
int32_t rs_close(int32_t fd)
{
	thread_gave_up(fd);
	return close(fd) == 0 || errno == EINTR ? 0 : -errno;
}
