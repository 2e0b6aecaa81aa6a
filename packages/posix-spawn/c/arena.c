#define _GNU_SOURCE
#include <assert.h>
#include <sys/mman.h>

#include "arena.h"

#define GUARD (64u * 1024u) /* the largest page there is */
#define STACK (64u * 1024u)
#define LISTS (64u * 1024u)

static char *spare;

int arena_get(struct arena *arena, size_t lists)
{
	arena->used = GUARD + STACK;
	arena->size = arena->used + (lists < LISTS ? LISTS : lists);
	arena->start = lists > LISTS ? NULL : __atomic_exchange_n(&spare, NULL, __ATOMIC_ACQUIRE);
	if (arena->start != NULL)
		return 1;
	arena->start = mmap(NULL, arena->size, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK, -1, 0);
	if (arena->start == MAP_FAILED)
		return 0;
	if (mprotect(arena->start, GUARD, PROT_NONE) == 0)
		return 1;
	munmap(arena->start, arena->size);
	return 0;
}

void *arena_take(struct arena *arena, size_t size)
{
	void *place = arena->start + arena->used;

	arena->used += (size + 15) & ~(size_t)15;
	assert(arena->used <= arena->size);
	return place;
}

void *arena_stack_top(const struct arena *arena)
{
	return arena->start + GUARD + STACK;
}

void arena_put(const struct arena *arena)
{
	char *none = NULL;

	if (arena->size != GUARD + STACK + LISTS ||
	    !__atomic_compare_exchange_n(&spare, &none, arena->start, 0, __ATOMIC_RELEASE,
					 __ATOMIC_RELAXED))
		munmap(arena->start, arena->size);
}
