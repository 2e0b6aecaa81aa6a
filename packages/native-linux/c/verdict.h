/* No candidate could be executed: whose fault is it? One rule for every executor. */
#ifndef RS_VERDICT_H
#define RS_VERDICT_H

#include <errno.h>
#include <stdint.h>

#include "chain.h"
#include "fault.h"

struct verdict {
	enum rs_step step;
	uint32_t index;
	int error;
};

/* execvp's rule: these are about one place of the search, anything else is about the program. */
static inline __attribute__((always_inline)) int search_goes_on_after(int error)
{
	return error == ENOENT || error == ENOTDIR || error == EACCES;
}

/*
 * The most telling reason wins: a file that is there but whose interpreter is not, then one that
 * may not be executed, then the first one. Inlined: in a child that shares memory no pointer to a
 * function is followed.
 */
static inline __attribute__((always_inline)) struct verdict
exec_verdict(const struct chain *chain, int (*is_there)(const struct chain *, const char *))
{
	const struct candidate *candidates = chain->candidates;
	uint32_t count = chain->candidate_count;

	for (uint32_t i = 0; i < count; i++) {
		int error = fault(RS_STEP_INTERPRETER, i);

		if (error != 0)
			return (struct verdict){ RS_STEP_INTERPRETER, i, error };
		if (!chain->plain_verdict && candidates[i].error != EACCES &&
		    is_there(chain, candidates[i].path))
			return (struct verdict){ RS_STEP_INTERPRETER, i, candidates[i].error };
	}
	for (uint32_t i = 0; i < count; i++)
		if (candidates[i].error == EACCES)
			return (struct verdict){ RS_STEP_FILE, i, EACCES };
	return (struct verdict){ RS_STEP_FILE, 0, candidates[0].error };
}

#endif
