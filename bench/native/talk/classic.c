/* What everybody has: libc does the PATH search. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <errno.h>
#include <spawn.h>
#include <unistd.h>

#include "way.h"

extern char **environ;

static volatile pid_t pid;

static pid_t who(void)
{
	return pid;
}

static void by_fork(void)
{
	pid = fork();
	if (pid == 0) {
		execvp(CHILD, child_argv);
		_exit(127);
	}
	if (pid < 0)
		die("fork");
}

static void by_vfork(void)
{
	pid_t child = vfork();

	if (child == 0) {
		execvp(CHILD, child_argv);
		_exit(127);
	}
	if (child < 0)
		die("vfork");
	pid = child;
}

static void by_posix_spawn(void)
{
	pid_t child;

	errno = posix_spawnp(&child, CHILD, NULL, NULL, child_argv, environ);
	if (errno != 0)
		die("posix_spawnp");
	pid = child;
}

const struct way fork_way = { .name = "fork", .start = by_fork, .settle = who, .copies = 1 };
const struct way vfork_way = { .name = "vfork", .start = by_vfork, .settle = who };
const struct way posix_spawn_way = { .name = "posix_spawn",
				     .start = by_posix_spawn,
				     .settle = who };
