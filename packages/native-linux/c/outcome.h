/* How the parent fills in what became of a spawn. */
#ifndef RS_OUTCOME_H
#define RS_OUTCOME_H

#include <errno.h>
#include <stddef.h>

#include "orphan.h"
#include "ringspawn.h"

static inline void outcome_reset(struct rs_outcome *out)
{
	/* Not `ends`, which is long: the first `count` of them are filled in by pipe_give. */
	out->size = sizeof(*out);
	out->error = 0;
	out->step = RS_STEP_NONE;
	out->index = 0;
	out->pid = -1;
	out->pidfd = -1;
	out->count = 0;
}

/* The outcome of a start that has just been asked for. 0, or -errno when the entry point was called
 * without an engine or with an `out` of another version. */
static inline int outcome_begin(const struct rs_engine *engine, struct rs_outcome *out)
{
	if (out == NULL || engine == NULL)
		return -EFAULT;
	if (out->size != sizeof(*out))
		return -EINVAL;
	outcome_give_up(out);
	outcome_reset(out);
	return 0;
}

/* Writes the failure into `out`, and returns -error so that the caller can return it in turn. */
static inline int fail(struct rs_outcome *out, int error, enum rs_step step, uint32_t index)
{
	out->error = error;
	out->step = step;
	out->index = index;
	return -error;
}

#endif
