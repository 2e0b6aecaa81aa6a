/* Chains that nobody waits for, from the queue to the row that tells of their end. */
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

void flight_free(struct flight *flight)
{
	/* Until then the child may read what is freed here. */
	assert(flight->run.left == 0);
	if (flight->parked != NULL)
		parked_free(flight->parked);
	if (flight->has_child_ends)
		pipe_close_child_ends(&flight->request, flight->cgroup_fd);
	request_free(&flight->request);
	free(flight->environ);
	free(flight);
}

uint32_t flight_length(const struct flight *flight)
{
	return uring_length(&flight->chain) +
	       (flight->parked != NULL ? PARKED_EXEC + flight->parked->places : 0);
}

static void launch_flight(struct uring *uring, struct flight *flight)
{
	if (flight->parked != NULL)
		prespawn_put(uring, &flight->run, flight->parked, &flight->chain);
	else
		sqe_put_chain(uring, &flight->run, &flight->chain, NULL);
}

uint32_t uring_queue(struct uring *uring, struct flight *flight)
{
	uring_make_room(uring, flight_length(flight));
	launch_flight(uring, flight);
	assert(*uring->end == NULL && flight->ticket == 0);
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
		if (flight->run.left != 0 || !run_was_interrupted(&flight->run))
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
		run_conclude(run);
	*row = (struct rs_started){
		.ticket = flight->ticket,
		.over = (uint32_t)is_over,
		.error = is_over ? run->error : 0,
		.step = is_over ? run->step : RS_STEP_NONE,
		.index = run->index,
		.pid = run->pid,
		.pidfd = flight->told_born ? -1 : run->pidfd,
	};
	if (is_over && run->error == 0)
		pipe_close_given(&flight->request);
	/* Of a child that nobody has heard of, nothing is left. */
	if (is_over && run->error != 0 && !flight->told_born) {
		run_drop_pidfd(run);
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
		uring_turn(uring, 0);
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
	assert(uring->first != NULL || uring->end == &uring->first);
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
