/* What each kind of slot opens. */
#ifndef RS_SLOT_H
#define RS_SLOT_H

#include <stdint.h>

struct end;
struct request;
struct rs_engine;
struct rs_slot;

/*
 * Opens what stands behind slot `i`, into request->ends[i]. 0 or -errno; after a failure the caller
 * closes what that holds.
 */
int slot_open(const struct request *request, struct rs_engine *engine, uint32_t i);

/* Opens a new pseudo-terminal as this slot says. The rest is as for slot_open. */
int slot_open_pty(const struct rs_slot *slot, struct end *end, uint32_t i);

#endif
