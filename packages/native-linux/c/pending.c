/* Pending chains, from the queue to the row that tells of their end. */
#define _GNU_SOURCE
#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "pending.h"
#include "pipe.h"
#include "prespawn.h"
#include "run.h"
#include "sqe.h"
#include "uring.h"

void pending_free(struct pending *pending)
{
	/* A child whose chain is not over may still read what is freed here. */
	assert(pending->run.left == 0);
	if (pending->prespawn != NULL)
		prespawn_free(pending->prespawn);
	if (pending->has_child_ends)
		pipe_close_child_ends(&pending->request, pending->cgroup_fd);
	request_free(&pending->request);
	free(pending->environ);
	free(pending);
}

uint32_t pending_length(const struct pending *pending)
{
	return uring_length(&pending->chain) +
	       (pending->prespawn != NULL ? PRESPAWN_EXEC + pending->prespawn->places : 0);
}

static void put_pending(struct uring *uring, struct pending *pending)
{
	if (pending->prespawn != NULL)
		prespawn_put(uring, &pending->run, pending->prespawn, &pending->chain);
	else
		sqe_put_chain(uring, &pending->run, &pending->chain, NULL);
}

uint32_t uring_queue(struct uring *uring, struct pending *pending)
{
	uring_make_room(uring, pending_length(pending));
	put_pending(uring, pending);
	assert(*uring->end == NULL && pending->ticket == 0);
	pending->next = NULL;
	*uring->end = pending;
	uring->end = &pending->next;
	if (uring->first == pending)
		ring_set_notify(&uring->ring, 1);
	/* A ticket is above 0, also as an int32_t. */
	uring->last_ticket = uring->last_ticket % INT32_MAX + 1;
	return pending->ticket = uring->last_ticket;
}

static int resubmit_interrupted(struct uring *uring)
{
	int launched = 0;

	for (struct pending *pending = uring->first; pending != NULL; pending = pending->next) {
		if (pending->run.left != 0 || !run_was_interrupted(&pending->run))
			continue;
		if (ring_room(&uring->ring) < pending_length(pending))
			return 1;
		put_pending(uring, pending);
		launched = 1;
	}
	return launched;
}

/* Fills the row if there is something new to tell of this chain, and returns whether there was. */
static int tell(struct pending *pending, struct rs_started *row)
{
	struct run *run = &pending->run;
	int is_born = run->pid > 0, is_over = run->left == 0;

	if (!is_over && (!is_born || pending->told_pid))
		return 0;
	if (is_over)
		run_conclude(run);
	*row = (struct rs_started){
		.ticket = pending->ticket,
		.over = (uint32_t)is_over,
		.error = is_over ? run->error : 0,
		.step = is_over ? run->step : RS_STEP_NONE,
		.index = run->index,
		.pid = run->pid,
		.pidfd = pending->told_pid ? -1 : run->pidfd,
	};
	if (is_over && run->error == 0)
		pipe_close_given(&pending->request);
	/* The caller has not heard of this child, and will not. */
	if (is_over && run->error != 0 && !pending->told_pid) {
		run_drop_child(run);
		row->pid = 0;
		row->pidfd = -1;
	}
	pending->told_pid = 1;
	return 1;
}

uint32_t uring_submit(struct uring *uring, struct rs_started *out, uint32_t capacity)
{
	struct pending **at = &uring->first;
	uint32_t rows = 0;

	do
		uring_turn(uring, 0);
	while (ring_unsubmitted(&uring->ring) > 0 || resubmit_interrupted(uring));
	while (*at != NULL && rows < capacity) {
		struct pending *pending = *at;

		/* By now the child has its fds, or there will be no child. */
		if (pending->has_child_ends) {
			pipe_close_child_ends(&pending->request, pending->cgroup_fd);
			pending->has_child_ends = 0;
		}
		rows += (uint32_t)tell(pending, &out[rows]);
		if (pending->run.left != 0) {
			at = &pending->next;
			continue;
		}
		*at = pending->next;
		if (*at == NULL)
			uring->end = at;
		pending_free(pending);
	}
	assert(uring->first != NULL || uring->end == &uring->first);
	if (uring->first == NULL)
		ring_set_notify(&uring->ring, 0);
	return rows;
}

int uring_notify_fd(const struct uring *uring)
{
	return uring->ring.notify_fd;
}

void uring_clear_notify(struct uring *uring)
{
	uint64_t count;

	/* EAGAIN says that there was nothing to clear. */
	if (read(uring->ring.notify_fd, &count, sizeof(count)) < 0)
		errno = 0;
}
