/* The parent's side of the child's fds: in which order they are opened, and when they are closed.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "fd.h"
#include "engine.h"
#include "fault.h"
#include "outcome.h"
#include "pipe.h"
#include "request.h"
#include "slot.h"

int fd_above_stdio(int fd)
{
	int moved, error;

	if (fd < 0 || fd > 2)
		return fd;
	moved = fcntl(fd, F_DUPFD_CLOEXEC, 3);
	error = errno;
	close(fd);
	errno = error;
	return moved;
}

int fd_duplicate(int fd, int from)
{
	int copy = fcntl(fd, F_DUPFD_CLOEXEC, from);

	/* EINVAL: no number from there on is below RLIMIT_NOFILE. */
	return copy >= 0 ? copy : errno == EINVAL ? -EMFILE : -errno;
}

int pipe_is_target(const struct request *request, int fd)
{
	for (uint32_t i = 0; i < request->head.slots.count; i++)
		if (request->slots[i].target == fd)
			return 1;
	return 0;
}

/* Would the dup of another slot destroy the source of this one before it is used? */
static int is_in_the_way(const struct request *request, uint32_t slot)
{
	int source = request->ends[slot].source;

	for (uint32_t i = 0; i < request->head.slots.count; i++)
		if (request->slots[i].target == source)
			return request->ends[i].source != source;
	return 0;
}

/* A duplicate at a number that no slot aims at, or -errno */
static int dup_out_of_the_way(const struct request *request, int fd)
{
	for (int from = 3;;) {
		int copy = fd_duplicate(fd, from);

		if (copy < 0 || !pipe_is_target(request, copy))
			return copy;
		close(copy);
		from = copy + 1;
	}
}

static int move_slot(const struct request *request, uint32_t i)
{
	struct end *end = &request->ends[i];
	int copy = dup_out_of_the_way(request, end->source);

	if (copy < 0)
		return copy;
	if (end->ours)
		close(end->source);
	end->source = copy;
	end->ours = 1;
	return 0;
}

static int open_cgroup(const struct request *request, int *cgroup_fd)
{
	int error = fault(RS_STEP_CGROUP, 0);

	*cgroup_fd = -1;
	if (error != 0)
		return -error;
	if (request->head.set & RS_SET_CGROUP_FD) {
		if (fcntl(request->head.cgroup_fd, F_GETFD) < 0)
			return -errno;
		*cgroup_fd = request->head.cgroup_fd;
	} else if (request->cgroup != NULL) {
		int fd = fd_above_stdio(open(request->cgroup, O_PATH | O_DIRECTORY | O_CLOEXEC));

		if (fd < 0)
			return -errno;
		*cgroup_fd = fd;
	}
	return 0;
}

static const struct end NOTHING_OPEN = { .source = -1, .parent = { -1, -1 } };

static void reset(const struct request *request)
{
	for (uint32_t i = 0; i < request->head.slots.count; i++)
		request->ends[i] = NOTHING_OPEN;
}

int pipe_open(struct request *request, struct rs_engine *engine, int *cgroup_fd,
	      struct rs_outcome *out)
{
	uint32_t count = request->head.slots.count;
	int error = 0;
	uint32_t i;

	reset(request);
	*cgroup_fd = -1;

	/* Before anything is opened: else a closed fd of the caller's could be one of ours by now.
	 */
	for (i = 0; i < count; i++) {
		if (request->slots[i].kind != RS_SLOT_FD)
			continue;
		if (fd_is_kept(request->slots[i].fd))
			return fail(out, EBADF, RS_STEP_STDIO, i);
		request->ends[i].given_flags = fcntl(request->slots[i].fd, F_GETFL);
		if (request->ends[i].given_flags < 0)
			return fail(out, errno, RS_STEP_STDIO, i);
	}

	error = open_cgroup(request, cgroup_fd);
	if (error < 0)
		return fail(out, -error, RS_STEP_CGROUP, 0);

	for (i = 0; i < count && error == 0; i++) {
		error = -fault(RS_STEP_STDIO, i);
		if (error == 0)
			error = slot_open(request, engine, i);
	}
	/* All sources are known only now. */
	for (uint32_t k = 0; k < count && error == 0; k++)
		if (is_in_the_way(request, k)) {
			error = move_slot(request, k);
			i = k + 1;
		}
	if (error < 0) {
		pipe_close_child_ends(request, *cgroup_fd);
		pipe_close_parent_ends(request);
		return fail(out, -error, RS_STEP_STDIO, i - 1);
	}
	return 0;
}

static int keep_cgroup(struct request *request, int *cgroup_fd)
{
	int copy;

	if (!(request->head.set & RS_SET_CGROUP_FD))
		return 0;
	copy = fd_duplicate(*cgroup_fd, 3);
	if (copy < 0)
		return copy;
	*cgroup_fd = copy;
	/* From now on it is one that was opened here. */
	request->head.set &= ~(uint32_t)RS_SET_CGROUP_FD;
	return 0;
}

int pipe_keep(struct request *request, int *cgroup_fd, struct rs_outcome *out)
{
	int error = keep_cgroup(request, cgroup_fd);

	if (error < 0)
		fail(out, -error, RS_STEP_CGROUP, 0);
	for (uint32_t i = 0; i < request->head.slots.count && error == 0; i++) {
		/* 0 to 2 and our own /dev/null are not closed by somebody who has done with them,
		 * and what was given is not closed by the caller at all. */
		if (request->slots[i].kind != RS_SLOT_FD || request->slots[i].fd <= 2 ||
		    (request->slots[i].flags & RS_SLOT_GIVEN) || request->ends[i].ours)
			continue;
		error = move_slot(request, i);
		if (error < 0)
			fail(out, -error, RS_STEP_STDIO, i);
	}
	if (error < 0) {
		pipe_close_child_ends(request, *cgroup_fd);
		pipe_close_parent_ends(request);
	}
	return error;
}

void pipe_pretend(struct request *request, const struct rs_engine *engine, int *cgroup_fd)
{
	uint32_t count = request->head.slots.count;

	reset(request);
	*cgroup_fd = request->head.set & RS_SET_CGROUP_FD ? request->head.cgroup_fd : -1;
	for (uint32_t i = 0; i < count; i++)
		if (request->slots[i].kind == RS_SLOT_FD)
			request->ends[i].source = request->slots[i].fd;
		else if (request->slots[i].kind == RS_SLOT_NULL)
			request->ends[i].source = engine->null_fd;
	/* A source that would be moved is a number nobody knows yet. Marked first, so that all see
	 * the plan. */
	for (uint32_t i = 0; i < count; i++)
		request->ends[i].ours = request->ends[i].source >= 0 && is_in_the_way(request, i);
	for (uint32_t i = 0; i < count; i++)
		if (request->ends[i].ours)
			request->ends[i] = NOTHING_OPEN;
}

void pipe_close_child_ends(struct request *request, int cgroup_fd)
{
	for (uint32_t i = 0; i < request->head.slots.count; i++)
		if (request->ends[i].ours) {
			close(request->ends[i].source);
			request->ends[i].ours = 0;
		}
	if (cgroup_fd >= 0 && !(request->head.set & RS_SET_CGROUP_FD))
		close(cgroup_fd);
}

void pipe_give(const struct request *request, struct rs_outcome *out)
{
	out->count = request->head.slots.count;
	for (uint32_t i = 0; i < out->count; i++)
		out->ends[i] = request->ends[i].parent;
}

static void close_end(int32_t *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

void pipe_close_parent_ends(struct request *request)
{
	for (uint32_t i = 0; i < request->head.slots.count; i++) {
		close_end(&request->ends[i].parent.read);
		close_end(&request->ends[i].parent.write);
	}
}

void pipe_close_given(const struct request *request)
{
	for (uint32_t i = 0; i < request->head.slots.count; i++)
		if (request->slots[i].flags & RS_SLOT_GIVEN)
			rs_close(request->slots[i].fd);
}
