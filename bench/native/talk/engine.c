/*
 * Our engines as C calls them, in two ways: asked for as little as the other ways do, and asked for
 * what a spawn from JavaScript asks (stdio from and to /dev/null, one fd passed, every other
 * closed). Only the request is kept from one call to the next. A child of the pool is made before
 * its turn, and no other way has its turn while the child waits.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <errno.h>
#include <poll.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "../../../packages/native-linux/c/include/ringspawn.h"
#include "way.h"

/* Where a child of the pool has the eventfd on which it waits. */
#define RELEASE_FD 4

struct block {
	_Alignas(8) char bytes[4096];
	uint32_t length;
};

static struct rs_engine *engine;
static struct block bare[3], full[3]; /* by executor */
static struct block bare_pool,
	full_pool; /* for a child's birth and for its program: each looks at its own part */
static int release_fd = -1;
static pid_t pid;
static uint32_t ticket;
static struct rs_started row;

static uint32_t add(struct block *block, const void *what, size_t size)
{
	uint32_t at = (block->length + 7) & ~7u;

	if (at + size > sizeof(block->bytes)) {
		errno = E2BIG;
		die("request");
	}
	memcpy(block->bytes + at, what, size);
	block->length = at + (uint32_t)size;
	return at;
}

static void fill(struct block *block, enum rs_executor executor, int is_full, int is_of_pool)
{
	/* Bare is what begins behind the clock. */
	const uint32_t bare_from = 4, from = is_full ? 0 : bare_from;
	const struct rs_slot slots[] = {
		{ .target = 0, .kind = RS_SLOT_NULL },
		{ .target = 1, .kind = RS_SLOT_NULL },
		{ .target = 2, .kind = RS_SLOT_NULL },
		{ .target = CLOCK_FD, .kind = RS_SLOT_FD, .fd = CLOCK_FD },
		{ .target = RELEASE_FD, .kind = RS_SLOT_FD, .fd = release_fd },
	};
	const uint32_t count = sizeof(slots) / sizeof(*slots) - !is_of_pool - from;
	struct rs_request head = {
		.size = sizeof(head),
		.abi = RS_ABI,
		.executor = executor,
		.flags = RS_F_INHERIT_ENV | (is_full ? 0 : RS_F_KEEP_FDS),
	};
	uint32_t offsets[32], argv;

	block->length = sizeof(head);
	for (; candidates[head.candidates.count] != NULL; head.candidates.count++) {
		const char *path = candidates[head.candidates.count];

		offsets[head.candidates.count] = add(block, path, strlen(path) + 1);
	}
	argv = add(block, CHILD, sizeof(CHILD));
	head.candidates.offset = add(block, offsets, head.candidates.count * sizeof(*offsets));
	head.argv = (struct rs_span){ add(block, &argv, sizeof(argv)), 1 };
	if (count > 0)
		head.slots =
			(struct rs_span){ add(block, slots + from, count * sizeof(*slots)), count };
	if (is_of_pool)
		head.cwd = add(block, ".", sizeof("."));
	memcpy(block->bytes, &head, sizeof(head));
}

static const char *open_for(enum rs_executor executor)
{
	if (engine == NULL && rs_engine_open(&engine) != 0)
		die("rs_engine_open");
	fill(&bare[executor], executor, 0, 0);
	fill(&full[executor], executor, 1, 0);
	return NULL;
}

static const char *open_vfork(void)
{
	return open_for(RS_EXECUTOR_VFORK);
}

static const char *open_ring(void)
{
	struct rs_probe probe = { .size = sizeof(probe) };
	static char why[64];

	rs_probe_io_uring(&probe);
	if (probe.part == RS_PROBE_OK)
		return open_for(RS_EXECUTOR_IO_URING);
	if (probe.part == RS_PROBE_NO_SPAWN_ABI)
		return "no io_uring_spawn in this kernel (the engine's own probe)";
	snprintf(why, sizeof(why), "the engine's probe: part %u, error %d", probe.part,
		 probe.error);
	return why;
}

static const char *open_pool(void)
{
	const char *why = open_ring();

	if (why != NULL || release_fd >= 0)
		return why;
	release_fd = rs_eventfd();
	if (release_fd < 0)
		die("rs_eventfd");
	fill(&bare_pool, RS_EXECUTOR_IO_URING, 0, 1);
	fill(&full_pool, RS_EXECUTOR_IO_URING, 1, 1);
	return NULL;
}

static void failed(const char *what, int error, uint32_t step)
{
	errno = error;
	fprintf(stderr, "step %u\n", step);
	die(what);
}

static void spawn(const struct block *block)
{
	struct rs_outcome out;

	out.size = sizeof(out);
	if (rs_spawn(engine, block->bytes, block->length, &out) != 0 || out.error != 0)
		failed("rs_spawn", out.error, out.step);
	pid = out.pid;
	row.pidfd = out.pidfd;
}

/* Submits what rs_queue or rs_prespawn has queued, which answered `ret`. */
static void submit(enum rs_ring ring, int ret, const struct rs_outcome *out)
{
	if (ret <= 0)
		failed("a start", ret < 0 ? -ret : out->error, out->step);
	ticket = (uint32_t)ret;
	pid = 0;
	row = (struct rs_started){ .pidfd = -1 };
	/* There may be a row, or none yet. */
	rs_submit(engine, ring, 0, &row, 1);
}

static void begin(const struct block *block)
{
	struct rs_outcome out;

	out.size = sizeof(out);
	submit(RS_RING_STARTS, rs_queue(engine, block->bytes, block->length, &out), &out);
}

static int is_asleep(pid_t child)
{
	char path[64], text[512] = "";
	const char *name_end;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/stat", child);
	file = fopen(path, "r");
	if (file == NULL || fgets(text, sizeof(text), file) == NULL)
		die(path);
	fclose(file);
	name_end = strrchr(text, ')');
	return name_end != NULL && name_end[2] == 'S';
}

/* Makes a child, and returns when the child waits for its program. */
static void prespawn(const struct block *block)
{
	struct rs_outcome out;

	out.size = sizeof(out);
	submit(RS_RING_PRESPAWNS,
	       rs_prespawn(engine, block->bytes, block->length, RELEASE_FD, &out), &out);
	if (row.over || row.pid <= 0)
		failed("rs_prespawn", row.error, row.step);
	while (!is_asleep(row.pid))
		sched_yield();
}

static void give_program(const struct block *block)
{
	int ret = rs_prespawn_exec(engine, ticket, release_fd, block->bytes, block->length);

	if (ret != 0)
		failed("rs_prespawn_exec", -ret, 0);
}

static pid_t close_pidfd(void)
{
	rs_close(row.pidfd);
	return pid;
}

static pid_t finish(enum rs_ring ring)
{
	int pidfd = row.pidfd;

	while (!row.over) {
		struct pollfd notify = { .fd = rs_notify_fd(engine, ring), .events = POLLIN };

		poll(&notify, 1, -1);
		if (rs_submit(engine, ring, 1, &row, 1) > 0 && row.pidfd >= 0)
			pidfd = row.pidfd;
	}
	if (row.error != 0 || row.ticket != ticket)
		failed("a start", row.error, row.step);
	rs_close(pidfd);
	return row.pid;
}

static void vfork_bare(void)
{
	spawn(&bare[RS_EXECUTOR_VFORK]);
}
static void vfork_full(void)
{
	spawn(&full[RS_EXECUTOR_VFORK]);
}
static void ring_bare(void)
{
	spawn(&bare[RS_EXECUTOR_IO_URING]);
}
static void ring_full(void)
{
	spawn(&full[RS_EXECUTOR_IO_URING]);
}
static void start_bare(void)
{
	begin(&bare[RS_EXECUTOR_IO_URING]);
}
static void start_full(void)
{
	begin(&full[RS_EXECUTOR_IO_URING]);
}
static void prespawn_bare(void)
{
	prespawn(&bare_pool);
}
static void prespawn_full(void)
{
	prespawn(&full_pool);
}
static void pool_bare(void)
{
	give_program(&bare_pool);
}
static void pool_full(void)
{
	give_program(&full_pool);
}
static pid_t finish_start(void)
{
	return finish(RS_RING_STARTS);
}
static pid_t finish_pool(void)
{
	return finish(RS_RING_PRESPAWNS);
}

#define OF_VFORK .open = open_vfork, .settle = close_pidfd
#define OF_RING .open = open_ring, .settle = close_pidfd
#define OF_START .open = open_ring, .settle = finish_start
#define OF_POOL .open = open_pool, .settle = finish_pool

const struct way engine_vfork = { .name = "engine: vfork", OF_VFORK, .start = vfork_bare };
const struct way engine_ring = { .name = "engine: io_uring", OF_RING, .start = ring_bare };
const struct way engine_start = { .name = "engine: start", OF_START, .start = start_bare };
const struct way engine_pool = {
	.name = "engine: pool", OF_POOL, .prepare = prespawn_bare, .start = pool_bare
};
const struct way engine_vfork_full = { .name = "engine: vfork, with stdio",
				       OF_VFORK,
				       .start = vfork_full };
const struct way engine_ring_full = { .name = "engine: io_uring, with stdio",
				      OF_RING,
				      .start = ring_full };
const struct way engine_start_full = { .name = "engine: start, with stdio",
				       OF_START,
				       .start = start_full };
const struct way engine_pool_full = {
	.name = "engine: pool, with stdio",
	OF_POOL,
	.prepare = prespawn_full,
	.start = pool_full,
};

static struct rs_engine *trial;

/* An engine makes its ring when the first start is queued. */
static void open_trial(void)
{
	struct rs_outcome out = { .size = sizeof(out) };

	if (rs_engine_open(&trial) != 0)
		die("rs_engine_open");
	if (rs_queue(trial, bare[RS_EXECUTOR_IO_URING].bytes, bare[RS_EXECUTOR_IO_URING].length,
		     &out) <= 0)
		failed("rs_queue", out.error, out.step);
}

/* Submits the start, and waits for its end. */
static void close_trial(void)
{
	rs_engine_close(trial);
}

const struct ring_cost engines_ring = { "an engine and its first start", open_trial, close_trial };
