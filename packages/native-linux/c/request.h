/* The request after parsing: bounds-checked, and in memory of our own. */
#ifndef RS_REQUEST_H
#define RS_REQUEST_H

#include <stdint.h>

#include "chain.h"
#include "pipe.h"
#include "ringspawn.h"

/* Everything it points to lies in one allocation, which lives until request_free. */
struct request {
	struct rs_request
		head; /* the spans and string offsets in it have been turned into what follows */

	const char **argv;
	const char **envp;       /* NULL: inherited */
	const char **shell_argv; /* {"/bin/sh", the candidate, argv[1], ...}, or NULL without
				    RS_F_SHELL_FALLBACK */
	struct candidate *candidates;
	const struct rs_slot *slots;
	const struct rs_limit *limits;
	const uint32_t *groups;
	const uint8_t *affinity;
	const char *cwd; /* NULL: not given, as the next two */
	const char *root;
	const char *cgroup;

	/* room, large enough for every request that parses; chain.c and pipe.c fill it */
	struct step *steps;
	struct end *ends;         /* one per slot */
	struct listed_fd *listed; /* the same */

	const char *text; /* our copy of the block */
	void *arena;
};

/* 0, or -errno with `out` filled. `index` of a malformed request is the offset of the header's
 * field. */
int request_parse(struct request *request, const void *block, uint32_t len, struct rs_outcome *out);
void request_free(struct request *request);

/* `offset` must be one that request_parse has checked. */
static inline const char *request_string(const struct request *request, uint32_t offset)
{
	return offset == 0 ? NULL : request->text + offset;
}

#endif
