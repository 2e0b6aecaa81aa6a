/* What a spawn failed at of which no candidate could be executed: one rule for every executor. */
#ifndef RS_EXEC_FAILURE_H
#define RS_EXEC_FAILURE_H

#include <errno.h>
#include <stdint.h>

#include "chain.h"
#include "fault.h"

struct exec_failure {
	enum rs_step step;
	uint32_t index;
	int error;
};

/* As execvp has it, these errors are about one place of the search, and all others about the
 * program. */
static inline __attribute__((always_inline)) int search_goes_on_after(int error)
{
	return error == ENOENT || error == ENOTDIR || error == EACCES;
}

/*
 * The most telling reason counts: a file that is there and whose interpreter is not, else the first
 * file that may not be executed, else the first candidate. The function is inlined, so that
 * `is_there` is a direct call in a child that shares memory.
 */
static inline __attribute__((always_inline)) struct exec_failure
exec_failure_of(const struct chain *chain, int (*is_there)(const struct chain *, const char *))
{
	const struct candidate *candidates = chain->candidates;
	uint32_t count = chain->candidate_count;

	for (uint32_t i = 0; i < count; i++) {
		int error = fault(RS_STEP_INTERPRETER, i);

		if (error != 0)
			return (struct exec_failure){ RS_STEP_INTERPRETER, i, error };
		if (!chain->without_interpreter && candidates[i].error != EACCES &&
		    is_there(chain, candidates[i].path))
			return (struct exec_failure){ RS_STEP_INTERPRETER, i, candidates[i].error };
	}
	for (uint32_t i = 0; i < count; i++)
		if (candidates[i].error == EACCES)
			return (struct exec_failure){ RS_STEP_FILE, i, EACCES };
	return (struct exec_failure){ RS_STEP_FILE, 0, candidates[0].error };
}

#endif
