#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "child_path.h"
#include "kernel.h"

#ifndef SYS_openat2
#define SYS_openat2 437
#endif
#define RESOLVE_IN_ROOT 0x10u

static const char *data_of(const struct chain *chain, enum rs_step kind)
{
	for (uint32_t i = 0; i < chain->step_count; i++)
		if (chain->steps[i].kind == kind)
			return chain->steps[i].data;
	return NULL;
}

static int open_in(const char *root, const char *path)
{
	struct {
		uint64_t flags, mode, resolve;
	} how = { O_PATH | O_CLOEXEC, 0, RESOLVE_IN_ROOT };
	int from, fd;

	if (root == NULL)
		return open(path, O_PATH | O_CLOEXEC);
	from = open(root, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (from < 0)
		return -1;
	fd = (int)syscall(SYS_openat2, from, path, &how, sizeof(how));
	close(from);
	return fd;
}

int child_path_open(const struct chain *chain, const char *path)
{
	const char *cwd = chain->late_cwd != NULL ? chain->late_cwd : data_of(chain, RS_STEP_CWD);
	int is_relative = path[0] != '/' && cwd != NULL;
	size_t size = strlen(path) + (is_relative ? strlen(cwd) : 0) + 2;
	char *whole = malloc(size);
	int fd;

	if (whole == NULL)
		return -ENOMEM;
	snprintf(whole, size, "%s%s%s", is_relative ? cwd : "", is_relative ? "/" : "", path);
	fd = open_in(data_of(chain, RS_STEP_ROOT), whole);
	if (fd < 0)
		fd = -errno;
	free(whole);
	return fd;
}
