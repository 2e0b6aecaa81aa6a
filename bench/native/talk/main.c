/*
 * The talk's benchmark: read the clock, start a child that is found by a PATH search, which writes
 * its own clock into a pipe by its first instructions and exits. Two figures a spawn: until the
 * child's first instruction, and for how long the parent was held. One interleaved run: every round
 * takes each way once, so that noise falls on all.
 *
 *   PATH=… main RUNS RUNS_OF_COPIES MEGABYTES [FDS]      prints JSON: all samples, in nanoseconds
 *
 * RUNS_OF_COPIES: of ways that copy page tables, once the memory is touched. FDS: how many
 * descriptors the parent has open besides, close-on-exec.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "way.h"

/* A new way needs its line here and nothing else. */
static const struct way *const ways[] = {
	&fork_way,         &vfork_way,         &posix_spawn_way,  &ring_way,    &lean_way,
	&engine_vfork,     &engine_ring,       &engine_start,     &engine_pool, &engine_vfork_full,
	&engine_ring_full, &engine_start_full, &engine_pool_full,
};
#define WAYS (sizeof(ways) / sizeof(*ways))

enum { NOTHING, ALLOCATED, TOUCHED, COLUMNS };

const char *candidates[16];
char *child_argv[] = { CHILD, NULL };

static int clock_pipe;
static const char *absent[WAYS];

static struct series {
	uint64_t *first, *held;
	size_t count;
} cells[WAYS][COLUMNS];

void die(const char *what)
{
	perror(what);
	exit(1);
}

static uint64_t now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_nsec;
}

static void split_path(void)
{
	char *path = strdup(getenv("PATH")), *directory, *rest = path;
	size_t count = 0;

	while ((directory = strsep(&rest, ":")) != NULL &&
	       count + 1 < sizeof(candidates) / sizeof(*candidates)) {
		char *candidate;

		if (asprintf(&candidate, "%s/%s", directory, CHILD) < 0)
			die("asprintf");
		candidates[count++] = candidate;
	}
	free(path);
}

static void open_pipe(void)
{
	int ends[2];

	if (pipe(ends) != 0)
		die("pipe");
	clock_pipe = dup(ends[0]);
	if (clock_pipe <= CLOCK_FD)
		clock_pipe = dup(clock_pipe);
	if (dup2(ends[1], CLOCK_FD) < 0 || clock_pipe <= CLOCK_FD)
		die("pipe");
}

static void open_many(size_t count)
{
	struct rlimit limit;

	if (count == 0)
		return;
	if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
		die("getrlimit");
	limit.rlim_cur = limit.rlim_max;
	if (setrlimit(RLIMIT_NOFILE, &limit) != 0)
		die("setrlimit");
	for (size_t i = 0; i < count; i++)
		if (open("/dev/null", O_RDONLY | O_CLOEXEC) < 0)
			die("/dev/null");
}

static void once(const struct way *way, struct series *into)
{
	struct pollfd told = { .fd = clock_pipe, .events = POLLIN };
	struct timespec child;
	uint64_t begin, held;
	int status;

	if (way->prepare != NULL)
		way->prepare();
	begin = now();
	way->start();
	held = now();
	if (poll(&told, 1, 30000) != 1 || read(clock_pipe, &child, sizeof(child)) != sizeof(child))
		die("the child has not told its clock");
	if (waitpid(way->settle(), &status, 0) < 0 || status != 0)
		die("the child has failed");
	if (into == NULL)
		return;
	into->held[into->count] = held - begin;
	into->first[into->count] =
		(uint64_t)child.tv_sec * 1000000000u + (uint64_t)child.tv_nsec - begin;
	into->count++;
}

static void fill_column(int column, size_t runs, size_t runs_of_copies)
{
	for (size_t i = 0; i < WAYS; i++) {
		cells[i][column].first = calloc(runs, sizeof(uint64_t));
		cells[i][column].held = calloc(runs, sizeof(uint64_t));
		for (int warm = 0; warm < 5 && absent[i] == NULL; warm++)
			once(ways[i], NULL);
	}
	for (size_t run = 0; run < runs; run++) {
		/* The rare ones are spread over the whole. */
		int copies = column != TOUCHED ||
			     run * runs_of_copies / runs != (run + 1) * runs_of_copies / runs;

		for (size_t i = 0; i < WAYS; i++)
			if (absent[i] == NULL && (copies || !ways[i]->copies))
				once(ways[i], &cells[i][column]);
	}
}

static void print_samples(const char *name, const uint64_t *list, size_t count)
{
	printf("\"%s\":[", name);
	for (size_t i = 0; i < count; i++)
		printf("%s%llu", i > 0 ? "," : "", (unsigned long long)list[i]);
	printf("]");
}

static void print_way(size_t i)
{
	printf("%s{\"name\":\"%s\"", i > 0 ? ",\n" : "", ways[i]->name);
	if (absent[i] != NULL) {
		printf(",\"absent\":\"%s\"}", absent[i]);
		return;
	}
	printf(",\"columns\":[");
	for (int column = 0; column < COLUMNS; column++) {
		struct series *cell = &cells[i][column];

		printf("%s{", column > 0 ? "," : "");
		print_samples("first", cell->first, cell->count);
		printf(",");
		print_samples("held", cell->held, cell->count);
		printf("}");
	}
	printf("]}");
}

static void print_ring(const struct ring_cost *cost, size_t runs, const char *before)
{
	uint64_t *times = calloc(runs, sizeof(*times));

	for (size_t i = 0; i < runs; i++) {
		uint64_t begin = now();

		cost->open();
		times[i] = now() - begin;
		cost->close();
	}
	printf("%s{\"name\":\"%s\",", before, cost->name);
	print_samples("open", times, runs);
	printf("}");
	free(times);
}

int main(int argc, char **argv)
{
	size_t runs, runs_of_copies, size;
	char *ballast;

	if (argc < 4 || argc > 5 || getenv("PATH") == NULL) {
		fprintf(stderr, "PATH=... main RUNS RUNS_OF_COPIES MEGABYTES [FDS]\n");
		return 2;
	}
	runs = strtoul(argv[1], NULL, 10);
	runs_of_copies = strtoul(argv[2], NULL, 10);
	size = strtoul(argv[3], NULL, 10) << 20;
	if (runs == 0 || runs_of_copies == 0 || runs_of_copies > runs) {
		errno = EINVAL;
		die("RUNS");
	}
	split_path();
	open_pipe();
	open_many(argc == 5 ? strtoul(argv[4], NULL, 10) : 0);
	for (size_t i = 0; i < WAYS; i++)
		absent[i] = ways[i]->open != NULL ? ways[i]->open() : NULL;

	fill_column(NOTHING, runs, runs_of_copies);
	ballast = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (ballast == MAP_FAILED)
		die("mmap");
	/* Else one machine's gigabyte would be 512 pages and the other's 262144. */
	madvise(ballast, size, MADV_NOHUGEPAGE);
	fill_column(ALLOCATED, runs, runs_of_copies);
	memset(ballast, 1, size);
	fill_column(TOUCHED, runs, runs_of_copies);

	printf("{\"ways\":[");
	for (size_t i = 0; i < WAYS; i++)
		print_way(i);
	printf("],\n\"rings\":[");
	if (absent[3] == NULL) {
		print_ring(&plain_ring, 200, "");
		print_ring(&engines_ring, 200, ",\n");
	}
	printf("]}\n");
	return 0;
}
