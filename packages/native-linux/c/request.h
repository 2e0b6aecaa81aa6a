/* The request after parsing: its bounds are checked, and it lies in the engine's own memory. */
#ifndef RS_REQUEST_H
#define RS_REQUEST_H

#include <stdint.h>

#include "chain.h"
#include "pipe.h"
#include "ringspawn.h"

/* Everything that it points to lies in one allocation, which lives until request_free. */
struct request {
	struct rs_request head; /* its spans and string offsets have become the pointers below */

	const char **argv;
	const char **envp;       /* NULL: the child inherits the environment, which is read later */
	const char **shell_argv; /* {"/bin/sh", the candidate, argv[1], ...}; NULL: no fallback */
	struct candidate *candidates;
	const struct rs_slot *slots;
	const struct rs_limit *limits;
	const uint32_t *groups;
	const uint8_t *affinity;
	const char *cwd; /* NULL: it was not given. The next two are the same */
	const char *root;
	const char *cgroup;

	/* Arrays that are long enough for this request, for chain.c and pipe.c to fill. */
	struct step *steps;
	struct end *ends;         /* one for each slot */
	struct listed_fd *listed; /* one for each slot */

	const char *text; /* the copy of the block */
	void *arena;
};

/* 0, or -errno with `out` filled. The `index` of a malformed request is the offset of a field of
 * the header. */
int request_parse(struct request *request, const void *block, uint32_t len, struct rs_outcome *out);
void request_free(struct request *request);

/* The string at an offset that request_parse has checked, or NULL at offset 0. */
static inline const char *request_string(const struct request *request, uint32_t offset)
{
	return offset == 0 ? NULL : request->text + offset;
}

#endif
