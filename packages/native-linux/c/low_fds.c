/*
 * A vfork child copies its parent's table of fds up to the highest number that it needs, so what it
 * costs depends on that number. In a program with thousands of open fds every new pipe has a high
 * one. The engine therefore keeps a few numbers from its opening on, when there are low ones, and
 * lends them to the pipes of a child.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stddef.h>
#include <sys/resource.h>
#include <unistd.h>

#include "fd.h"
#include "low_fds.h"
#include "pipe.h"
#include "request.h"

/* To copy a table as long as this takes about as long as the moves. */
#define HIGH 256

void low_fds_open(struct low_fds *low, int filler)
{
	struct rlimit limit;

	*low = (struct low_fds){ .kept = { -1, -1, -1 }, .filler = filler };
	/* A program that may have few fds gets no high numbers, and needs them itself. */
	if (filler < 0 || getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur <= 2 * HIGH)
		return;
	for (int i = 0; i < LOW_FDS; i++) {
		int fd = fd_duplicate(filler, 3);

		if (fd >= HIGH)
			close(fd);
		if (fd < 0 || fd >= HIGH)
			return;
		low->kept[i] = fd_keep(fd);
	}
}

void low_fds_close(struct low_fds *low)
{
	for (int i = 0; i < LOW_FDS; i++)
		if (low->kept[i] >= 0)
			fd_close_kept(low->kept[i]);
}

/* How many sources are high; 0 too where a target is, because the child needs a long table then. */
static int high_sources(const struct request *request)
{
	int count = 0;

	for (uint32_t i = 0; i < request->head.slots.count; i++) {
		if (request->slots[i].target >= HIGH)
			return 0;
		count += request->ends[i].source >= HIGH;
	}
	return count;
}

/* A kept number that no slot aims at, so that no dup of the child destroys it before its turn. */
static int is_free(const struct low_fds *low, const struct request *request, int i)
{
	return low->kept[i] >= 0 && !pipe_is_target(request, low->kept[i]);
}

void low_fds_use(struct low_fds *low, struct request *request)
{
	int high = high_sources(request), room = 0;

	for (int i = 0; i < LOW_FDS && high > 0; i++)
		room += is_free(low, request, i);
	if (high == 0 || high > room)
		return;
	for (uint32_t i = 0; i < request->head.slots.count; i++) {
		struct end *end = &request->ends[i];

		if (end->source < HIGH)
			continue;
		while (!is_free(low, request, low->used))
			low->used++;
		if (dup3(end->source, low->kept[low->used], O_CLOEXEC) < 0)
			return;
		if (end->ours)
			close(end->source);
		end->ours = 0;
		end->source = low->kept[low->used++];
	}
}

void low_fds_leave(struct low_fds *low)
{
	while (low->used > 0)
		if (low->kept[--low->used] >= 0)
			dup3(low->filler, low->kept[low->used], O_CLOEXEC);
}
