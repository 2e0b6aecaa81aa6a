/*
 * The file actions of a call, in the order in which they were added. libc has functions that fill a
 * list of file actions and none that reads one, so the list is read here as libc keeps it.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/resource.h>

#include "call.h"

enum { CLOSE, DUP2, OPEN, CHDIR, FCHDIR, CLOSEFROM, TCSETPGRP, KINDS };
struct action {
	int tag;
	union {
		int fd;
		struct {
			int from, to;
		} dup2;
		struct {
			int fd;
			const char *path;
			int flags;
			mode_t mode;
		} open;
		const char *path;
	};
};

/* What libc calls each kind; -1: this libc has no such kind. */
static int tags[KINDS];

/* Newer than the oldest libc that this may be loaded with. */
#pragma weak posix_spawn_file_actions_addchdir_np
#pragma weak posix_spawn_file_actions_addfchdir_np
#pragma weak posix_spawn_file_actions_addclosefrom_np
#pragma weak posix_spawn_file_actions_addtcsetpgrp_np

static const struct action *list_of(const posix_spawn_file_actions_t *actions)
{
	return (const struct action *)actions->__actions;
}

/*
 * The layout of a list of file actions is no part of libc's interface. So it is looked at and not
 * believed: one action of each kind is added, and must be found where it would be read. The tags of
 * the kinds are learned in passing.
 */
static int learn(posix_spawn_file_actions_t *actions)
{
	int (*const of_fd[])(posix_spawn_file_actions_t *, int) = {
		[CLOSE] = posix_spawn_file_actions_addclose,
		[FCHDIR] = posix_spawn_file_actions_addfchdir_np,
		[CLOSEFROM] = posix_spawn_file_actions_addclosefrom_np,
		[TCSETPGRP] = posix_spawn_file_actions_addtcsetpgrp_np,
	};
	static const char place[] = "/a/place";
	const struct action *action;
	int used = 0;

	for (int kind = 0; kind < KINDS; kind++) {
		int error;

		tags[kind] = -1;
		if (kind == DUP2)
			error = posix_spawn_file_actions_adddup2(actions, 21, 22);
		else if (kind == OPEN)
			error = posix_spawn_file_actions_addopen(actions, 23, place,
								 O_RDWR | O_APPEND, 0640);
		else if (kind == CHDIR && posix_spawn_file_actions_addchdir_np != NULL)
			error = posix_spawn_file_actions_addchdir_np(actions, place);
		else if (kind != CHDIR && of_fd[kind] != NULL)
			error = of_fd[kind](actions, 10 + kind);
		else
			continue;
		if (error != 0 || actions->__used != ++used)
			return 0;
		action = &list_of(actions)[used - 1];
		if (kind == DUP2 && (action->dup2.from != 21 || action->dup2.to != 22))
			return 0;
		if (kind == OPEN &&
		    (action->open.fd != 23 || strcmp(action->open.path, place) != 0 ||
		     action->open.flags != (O_RDWR | O_APPEND) || action->open.mode != 0640))
			return 0;
		if (kind == CHDIR && strcmp(action->path, place) != 0)
			return 0;
		if (kind != DUP2 && kind != OPEN && kind != CHDIR && action->fd != 10 + kind)
			return 0;
		for (int other = 0; other < kind; other++)
			if (tags[other] == action->tag)
				return 0;
		tags[kind] = action->tag;
	}
	return 1;
}

int file_actions_learn(void)
{
	posix_spawn_file_actions_t actions;
	int known;

	if (posix_spawn_file_actions_init(&actions) != 0)
		return 0;
	known = learn(&actions);
	posix_spawn_file_actions_destroy(&actions);
	return known;
}

static int kind_of(const struct action *action)
{
	for (int kind = 0; kind < KINDS; kind++)
		if (tags[kind] == action->tag)
			return kind;
	return KINDS;
}

int file_actions_add(struct chain *chain, const posix_spawn_file_actions_t *actions)
{
	struct rlimit limit;

	for (int i = 0; i < actions->__used; i++) {
		const struct action *action = &list_of(actions)[i];

		switch (kind_of(action)) {
		case CLOSE:
			/* An fd that is not open is no error, unless it never could be. */
			if (action->fd < 0 || getrlimit(RLIMIT_NOFILE, &limit) != 0 ||
			    (rlim_t)action->fd >= limit.rlim_cur)
				return 0;
			add_step(chain, RS_STEP_CLOSE_FDS, action->fd, action->fd, 0);
			break;
		case DUP2:
			add_step(chain, RS_STEP_FDS, action->dup2.from, action->dup2.to, 0);
			break;
		case OPEN:
			add_step(chain, RS_STEP_OPEN, action->open.fd, action->open.flags,
				 action->open.mode)
				->data = action->open.path;
			break;
		case CHDIR:
			add_step(chain, RS_STEP_CWD, 0, 0, 0)->data = action->path;
			break;
		case FCHDIR:
			add_step(chain, RS_STEP_CWD, action->fd, 0, 0);
			break;
		case CLOSEFROM:
			add_step(chain, RS_STEP_CLOSE_FDS, action->fd, UINT32_MAX, 0);
			break;
		case TCSETPGRP:
			add_step(chain, RS_STEP_FOREGROUND, action->fd, TIOCSPGRP, 0);
			break;
		default:
			return 0;
		}
	}
	return 1;
}
