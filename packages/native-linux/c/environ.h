/* The environment of this program, as its children inherit it. */
#ifndef RS_ENVIRON_H
#define RS_ENVIRON_H

#include <stdint.h>

struct rs_outcome;

/* The list that was read last. Zeroed, it has no memory yet. */
struct environ_copy {
	const char **list;
	uint32_t count; /* with the NULL at the end */
	uint32_t room;  /* the memory has room for three lists of this length */
	uint32_t known; /* the length of the third, whose entries have been looked at; 0: none */
};

/* The environment as it is now, until the next call. The strings are the program's own. NULL: it
 * could not be read, and `out` says why. */
const char **environ_read(struct environ_copy *copy, struct rs_outcome *out);
/* The same with strings of its own, in one allocation that the caller frees. */
char **environ_duplicate(struct environ_copy *copy, struct rs_outcome *out);
void environ_free(struct environ_copy *copy);

#endif
