/* How the parent's side says what went wrong. */
#ifndef RS_OUTCOME_H
#define RS_OUTCOME_H

#include "ringspawn.h"

/* Notes the failure; answers -error, so that a caller can return it in the same line. */
static inline int fail(struct rs_outcome *out, int error, enum rs_step step, uint32_t index)
{
	out->error = error;
	out->step = step;
	out->index = index;
	return -error;
}

#endif
