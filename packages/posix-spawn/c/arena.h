/*
 * The memory of one spawn in one mapping: a guard page, the child's stack, and the lists of the
 * chain. Nothing here calls malloc, which a signal handler that spawns may have interrupted.
 */
#ifndef RS_POSIX_ARENA_H
#define RS_POSIX_ARENA_H

#include <stddef.h>

struct arena {
	char *start;
	size_t size, used;
};

/* An arena whose lists take `lists` bytes. 0: there is no memory. */
int arena_get(struct arena *arena, size_t lists);
/* `size` bytes of what was asked for. */
void *arena_take(struct arena *arena, size_t size);
/* The end of the child's stack, which grows down to the guard page. */
void *arena_stack_top(const struct arena *arena);
/* Keeps one mapping for the next spawn of any thread, and unmaps the others. */
void arena_put(const struct arena *arena);

#endif
