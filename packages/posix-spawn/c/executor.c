#define _GNU_SOURCE
#include <stddef.h>

#include "executor.h"
#include "thread_ring.h"

/* The longest search in a ring, as in native-linux/src/uring.ts. */
#define RING_CANDIDATES 256u

/* Whether an executor works is found out once. Two threads that ask at a time find the same. */
static int works(int *kept, void (*probe)(struct rs_probe *))
{
	struct rs_probe found = { .size = sizeof(found) };
	int known = __atomic_load_n(kept, __ATOMIC_RELAXED);

	if (known != 0)
		return known > 0;
	probe(&found);
	if (!probe_is_final(&found))
		return 0;
	known = found.part == RS_PROBE_OK ? 1 : -1;
	__atomic_store_n(kept, known, __ATOMIC_RELAXED);
	return known > 0;
}

/* Two steps need a number that only the child learns, which no request of a ring can pass on. */
static int needs_vfork(const struct chain *chain)
{
	for (uint32_t i = 0; i < chain->step_count; i++)
		if (chain->steps[i].kind == RS_STEP_OPEN ||
		    chain->steps[i].kind == RS_STEP_FOREGROUND)
			return 1;
	return uring_length(chain) > URING_MAX_CHAIN || chain->candidate_count > RING_CANDIDATES;
}

/* Nothing is tried that the chain does not use: a sandbox may kill who makes a call it forbids. */
static int vfork_serves(const struct chain *chain)
{
	static int plain, closing;

	for (uint32_t i = 0; i < chain->step_count; i++)
		if (chain->steps[i].kind == RS_STEP_CLOSE_FDS)
			return works(&closing, vfork_probe);
	return works(&plain, vfork_probe_memory);
}

/* A birth that the kernel refused is no spawn: there is no child, so the next server may try. */
static int has_answer(const struct rs_outcome *out)
{
	return out->error == 0 || out->step != RS_STEP_BIRTH;
}

enum server executor_run(enum server most, const struct chain *chain, void *stack_top,
			 struct rs_outcome *out)
{
	static int ring_works;
	struct uring *uring = NULL;

	if (most == BY_IO_URING && !needs_vfork(chain) && works(&ring_works, uring_probe))
		uring = thread_ring();
	if (uring != NULL) {
		uring_run(uring, chain, out);
		if (has_answer(out))
			return BY_IO_URING;
		outcome_reset(out);
	}
	if (!vfork_serves(chain))
		return BY_LIBC;
	vfork_run(chain, stack_top, out);
	return has_answer(out) ? BY_VFORK : BY_LIBC;
}
