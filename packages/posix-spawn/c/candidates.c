/* The paths that exec tries: the file of the call, or one for each entry of PATH. */
#define _GNU_SOURCE
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "call.h"

const char *path_to_search(void)
{
	const char *path = getenv("PATH");

	return path != NULL ? path : "/bin:/usr/bin"; /* as libc's confstr(_CS_PATH) */
}

int is_searched(const struct call *call)
{
	return call->search && strchr(call->file, '/') == NULL;
}

int candidates_add(struct chain *chain, struct arena *arena, const struct call *call,
		   const char *path)
{
	size_t length = strlen(call->file);

	if (!is_searched(call)) {
		chain->candidates[0] = (struct candidate){ .path = call->file };
		chain->candidate_count = 1;
		return 1;
	}
	if (length == 0 || length > NAME_MAX)
		return 0;
	for (const char *at = path;; at++) {
		size_t part = strcspn(at, ":");

		if (part < PATH_MAX) {
			char *whole = arena_take(arena, part + 1 + length + 1);

			memcpy(whole, at, part);
			whole[part] = '/';
			memcpy(whole + part + (part > 0), call->file, length + 1);
			chain->candidates[chain->candidate_count++] =
				(struct candidate){ .path = whole };
		}
		at += part;
		if (*at == 0)
			return chain->candidate_count > 0;
	}
}

int exec_error(const struct chain *chain, const struct rs_outcome *out)
{
	int error = out->error;

	if (error != ENOENT && error != ENOTDIR && error != EACCES)
		return error;
	error = chain->candidates[chain->candidate_count - 1].error;
	for (uint32_t i = 0; i < chain->candidate_count; i++)
		if (chain->candidates[i].error == EACCES)
			return EACCES;
	return error;
}
