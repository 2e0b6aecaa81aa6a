/* How the parent fills in what became of a spawn. */
#ifndef RS_OUTCOME_H
#define RS_OUTCOME_H

#include <string.h>

#include "ringspawn.h"

static inline void outcome_reset(struct rs_outcome *out)
{
	memset(out, 0xff, sizeof(*out)); /* -1 everywhere: pid, pidfd, fds */
	out->size = sizeof(*out);
	out->error = 0;
	out->step = RS_STEP_NONE;
	out->index = 0;
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
