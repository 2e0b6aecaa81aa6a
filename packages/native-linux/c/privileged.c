/*
 * The kernel does not let a parent signal a child that has more privileges than the parent. So exec
 * of a setuid or setgid program, or of one with capabilities of its own, takes the signal of
 * DIE_WITH_PARENT away. Such a program is refused, because its user would wait in vain for its end.
 * Between this look and the exec the file may change.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "child_path.h"
#include "exec_failure.h"
#include "kernel.h"
#include "outcome.h"
#include "privileged.h"

static int has_capabilities(int fd)
{
	char path[64];

	/* fgetxattr takes no O_PATH fd. */
	snprintf(path, sizeof(path), "/proc/thread-self/fd/%d", fd);
	return getxattr(path, "security.capability", NULL, 0) > 0;
}

/* Whether the ids that the program begins with are not those of who started it. */
static int is_privileged(const struct rs_request *h, int fd, const struct stat *file)
{
	uid_t uid = h->set & RS_SET_UID ? h->uid : getuid();
	gid_t gid = h->set & RS_SET_GID ? h->gid : getgid();
	uid_t euid = h->set & RS_SET_UID ? h->uid : geteuid();
	gid_t egid = h->set & RS_SET_GID ? h->gid : getegid();
	struct statvfs mount;

	if (fstatvfs(fd, &mount) != 0 || (mount.f_flag & ST_NOSUID))
		return uid != euid || gid != egid;
	if (!(h->flags & RS_F_NO_NEW_PRIVILEGES) && prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) != 1) {
		if (file->st_mode & S_ISUID)
			euid = file->st_uid;
		if ((file->st_mode & S_ISGID) && (file->st_mode & S_IXGRP))
			egid = file->st_gid;
	}
	return uid != euid || gid != egid || (uid != 0 && has_capabilities(fd));
}

int refuse_privileged(const struct rs_request *h, const struct chain *chain, struct rs_outcome *out)
{
	/* The ids of such a file mean nothing in a user namespace that maps none yet. */
	if (!(h->set & RS_SET_DIE_WITH_PARENT) || (h->namespaces & KERNEL_CLONE_NEWUSER))
		return 0;
	for (uint32_t i = 0; i < chain->candidate_count; i++) {
		int fd = child_path_open(chain, chain->candidates[i].path);
		struct stat file;
		int found;

		if (fd < 0 && search_goes_on_after(-fd))
			continue;
		if (fd < 0)
			return 0;
		found = fstat(fd, &file) == 0 && S_ISREG(file.st_mode) && (file.st_mode & 0111);
		if (found && is_privileged(h, fd, &file)) {
			close(fd);
			return fail(out, EPERM, RS_STEP_DIE_WITH_PARENT, i);
		}
		close(fd);
		if (found)
			return 0;
	}
	return 0;
}
