/*
 * libFuzzer over the parser and the chain that it leads to, without a birth. Whatever bytes come,
 * nothing outside of them is read, and a request that is accepted gives a chain that keeps its
 * promises.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "chain.h"
#include "engine.h"
#include "pipe.h"
#include "request.h"
#include "ringspawn.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct rs_engine *engine;

static void is(int condition)
{
	if (!condition)
		abort();
}

/* Reads every byte the chain points to, so that the sanitizers see where it is. */
static size_t touch(const struct request *request, const struct chain *chain)
{
	size_t sum = 0;

	for (uint32_t i = 0; i < chain->candidate_count; i++)
		sum += strlen(chain->candidates[i].path);
	for (const char **arg = chain->argv; *arg != NULL; arg++)
		sum += strlen(*arg);
	if (!(request->head.flags & RS_F_INHERIT_ENV))
		for (const char *const *pair = chain->envp; *pair != NULL; pair++)
			sum += strlen(*pair);
	if (chain->shell_argv != NULL)
		for (const char **arg = chain->shell_argv + 2; *arg != NULL; arg++)
			sum += strlen(*arg);
	for (uint32_t i = 0; i < request->head.slots.count; i++)
		if (request->slots[i].kind == RS_SLOT_FILE)
			sum += strlen(request_string(request, request->slots[i].path));
	if (request->cgroup != NULL)
		sum += strlen(request->cgroup);
	for (uint32_t i = 0; i < chain->step_count; i++) {
		const struct step *step = &chain->steps[i];

		if (step->kind == RS_STEP_CWD || step->kind == RS_STEP_ROOT)
			sum += strlen(step->data);
		else if (step->kind == RS_STEP_GROUPS)
			for (int64_t k = 0; k < step->args[0]; k++)
				sum += ((const uint32_t *)step->data)[k];
		else if (step->kind == RS_STEP_AFFINITY)
			for (int64_t k = 0; k < step->args[1]; k++)
				sum += ((const uint8_t *)step->data)[k];
	}
	return sum;
}

static void keeps_its_promises(const struct request *request, const struct chain *chain)
{
	is(chain->step_count <= chain_capacity(&request->head));
	is(chain->candidate_count >= 1 && chain->argv[0] != NULL);
	for (uint32_t i = 1; i < chain->step_count; i++)
		is(chain->steps[i - 1].kind <= chain->steps[i].kind);
	for (uint32_t i = 0; i < chain->step_count; i++) {
		const struct step *step = &chain->steps[i];

		/* No gap that is closed is empty, which the kernel refuses, or holds a target. */
		if (step->kind == RS_STEP_CLOSE_FDS)
			is(step->args[0] <= step->args[1]);
		if (step->kind == RS_STEP_CLOSE_FDS)
			for (uint32_t k = 0; k < request->head.slots.count; k++)
				is(request->slots[k].target < step->args[0] ||
				   request->slots[k].target > step->args[1]);
		/* No dup overwrites the source of a later one. A dup onto itself changes nothing.
		 */
		if (step->kind == RS_STEP_FDS && step->args[0] >= 0)
			for (uint32_t k = 0; k < i; k++)
				if (chain->steps[k].kind == RS_STEP_FDS &&
				    chain->steps[k].args[0] != chain->steps[k].args[1])
					is(chain->steps[k].args[1] != step->args[0]);
	}
}

/* What pipe.c and slot.c rely on. */
static void has_sound_slots(const struct request *request)
{
	const struct rs_slot *slots = request->slots;

	for (uint32_t i = 0; i < request->head.slots.count; i++) {
		is(slots[i].kind <= RS_SLOT_PTY);
		is(i == 0 ? slots[i].target >= 0 : slots[i].target > slots[i - 1].target);
		is((slots[i].flags & ~(uint32_t)(RS_SLOT_RAW | RS_SLOT_GIVEN)) == 0);
		for (uint32_t k = 0; k < i; k++) {
			/* What is given is closed once, and is nobody else's. */
			if (slots[i].kind == RS_SLOT_FD && slots[k].kind == RS_SLOT_FD &&
			    slots[i].fd == slots[k].fd)
				is(((slots[i].flags | slots[k].flags) & RS_SLOT_GIVEN) == 0);
			if (slots[i].kind == RS_SLOT_PTY && slots[k].kind == RS_SLOT_PTY)
				is(slots[i].flags == slots[k].flags);
		}
		if (slots[i].flags & RS_SLOT_GIVEN)
			is(slots[i].kind == RS_SLOT_FD && slots[i].fd > 2);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct rs_outcome out;
	struct request request;
	struct chain chain;
	volatile size_t sum; /* else the reading would be optimised away */
	int cgroup_fd;

	if (engine == NULL)
		is(rs_engine_open(&engine) == 0);
	if (request_parse(&request, data, (uint32_t)size, &out) != 0) {
		/* fuzz.mjs makes its seeds by hand: one that is refused would be worth nothing. */
		is(getenv("RS_FUZZ_SEED") == NULL);
		is(out.error != 0 && (out.step == RS_STEP_REQUEST || out.step == RS_STEP_MEMORY));
		return 0;
	}
	has_sound_slots(&request);
	pipe_pretend(&request, engine, &cgroup_fd);
	chain_build(&chain, &request, engine, cgroup_fd);
	keeps_its_promises(&request, &chain);
	sum = touch(&request, &chain);
	(void)sum;
	request_free(&request);
	return 0;
}
