/* Whether the io_uring executor works here. It is found out by a trial. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "run.h"
#include "uring.h"

/* What the trial has found about the kernel, for all environments. */
static int kernel_lists_fds;

int uring_kernel_lists_fds(void)
{
	return __atomic_load_n(&kernel_lists_fds, __ATOMIC_RELAXED);
}

/* Runs a chain whose exec is refused, because the root directory, which is always there, is no
 * program. By then everything else has worked. 0, or the errno that shows what has not. */
static int try_one(struct uring *uring)
{
	static const char *const nothing[] = { NULL };
	static struct candidate candidate = { .path = "/" };
	struct listed_fd room[1];
	struct step steps[] = {
		{ .kind = RS_STEP_FDS, .args = { uring->ring.fd, 0, 0 } },
		{ .kind = RS_STEP_UMASK, .args = { 022 } },
	};
	struct chain chain = {
		.birth = { .cgroup_fd = -1 },
		.steps = steps,
		.step_count = 2,
		.step_capacity = 2,
		.listed = room,
		.candidates = &candidate,
		.candidate_count = 1,
		.argv = (const char **)nothing,
		.envp = nothing,
		/* To look for one takes memory, which this function may not. */
		.without_interpreter = 1,
	};
	struct run run;

	uring_run_once(uring, &run, &chain, NULL);
	if (run.error == 0) { /* its child was killed from outside, and so it has shown nothing */
		run_drop_child(&run);
		return EINTR;
	}
	return run.error == EACCES && run.step == RS_STEP_FILE ? 0 : run.error;
}

void uring_probe(struct rs_probe *out)
{
	struct uring *uring;
	char text[16];
	ssize_t length;
	int error, fd = open(IO_URING_SPAWN_ABI_FILE, O_RDONLY | O_CLOEXEC);

	if (fd < 0) {
		out->part = RS_PROBE_NO_SPAWN_ABI;
		out->error = errno;
		return;
	}
	length = read(fd, text, sizeof(text) - 1);
	error = length < 0 ? errno : 0;
	text[length > 0 ? length : 0] = 0;
	close(fd);
	if (length <= 0) { /* another file is mounted over it */
		out->part = RS_PROBE_NO_SPAWN_ABI;
		out->error = error;
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
	if (out->error == EINVAL) { /* this kernel has no list of fds */
		uring->lists_fds = 0;
		out->error = try_one(uring);
	}
	__atomic_store_n(&kernel_lists_fds, uring->lists_fds, __ATOMIC_RELAXED);
	out->part = out->error == 0 ? RS_PROBE_OK : RS_PROBE_CHAIN;
	uring_close(uring);
}
