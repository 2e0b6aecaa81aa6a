/* A way to start the child: one row of the benchmark. main.c has the list of them. */
#ifndef WAY_H
#define WAY_H

#include <sys/types.h>

/* The child writes its clock here: the first number behind stdio, so that every way can leave it
 * where it is. */
#define CLOCK_FD 3
#define CHILD "clock"

struct way {
	const char *name;
	/* NULL, or why this way is not to be had here. */
	const char *(*open)(void);
	/* NULL, or what comes before each start and is not timed. */
	void (*prepare)(void);
	/* What is timed: returns when the parent can go on. */
	void (*start)(void);
	/* What is not timed, after the child has told its clock. Returns who is to be waited for.
	 */
	pid_t (*settle)(void);
	/* It copies the page tables of its parent, and takes its time. */
	int copies;
};

extern const struct way fork_way, vfork_way, posix_spawn_way, ring_way, lean_way;
extern const struct way engine_vfork, engine_ring, engine_start, engine_pool;
extern const struct way engine_vfork_full, engine_ring_full, engine_start_full, engine_pool_full;

struct ring_cost {
	const char *name;
	void (*open)(void);
	void (*close)(void);
};

extern const struct ring_cost plain_ring, engines_ring;

/* Where the child is looked for, in the order of PATH: CHILD in each of its directories. Ends in
 * NULL. */
extern const char *candidates[];
extern char *child_argv[];

void die(const char *what) __attribute__((noreturn));

#endif
