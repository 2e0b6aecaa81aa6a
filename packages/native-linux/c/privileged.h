/* Children that the kernel spares the death signal. */
#ifndef RS_PRIVILEGED_H
#define RS_PRIVILEGED_H

#include "chain.h"
#include "ringspawn.h"

/* 0; or -EPERM with `out` filled, where the request wants a child that dies with its parent and its
 * program would not; the index is UINT32_MAX where no program would with those ids. To be asked
 * before the birth. */
int refuse_privileged(const struct rs_request *h, const struct chain *chain,
		      struct rs_outcome *out);

#endif
