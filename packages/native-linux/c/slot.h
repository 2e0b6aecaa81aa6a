/* What each kind of slot opens. */
#ifndef RS_SLOT_H
#define RS_SLOT_H

#include <stdint.h>

struct request;
struct rs_engine;

/*
 * Opens what stands behind slot `i`, into request->ends[i]. 0 or -errno; after a failure the caller
 * closes what that holds.
 */
int slot_open(const struct request *request, struct rs_engine *engine, uint32_t i);

#endif
