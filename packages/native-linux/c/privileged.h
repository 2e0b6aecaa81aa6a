/* Programs whose exec takes the death signal away. */
#ifndef RS_PRIVILEGED_H
#define RS_PRIVILEGED_H

#include "chain.h"
#include "ringspawn.h"

/* 0; or -EPERM with `out` filled, where the request wants a child that dies with its parent and its
 * program would not. To be asked before the birth. */
int refuse_privileged(const struct rs_request *h, const struct chain *chain,
		      struct rs_outcome *out);

#endif
