/*
 * The kernel does not let a parent signal a child that has more privileges than the parent. So exec
 * of a setuid or setgid program, or of one with capabilities of its own, takes the signal of
 * DIE_WITH_PARENT away. Such a program is refused, because its user would wait in vain for its end.
 * Of a script, the interpreter alone is what counts for the kernel. An interpreter that binfmt_misc
 * has for a file cannot be told from here, so the file is judged in its place. Between this look
 * and the exec the file may change.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "child_path.h"
#include "exec_failure.h"
#include "fd.h"
#include "kernel.h"
#include "outcome.h"
#include "privileged.h"

/* As much of a file as the kernel reads to tell what executes it. */
#define HEAD_SIZE 256
/* The most scripts in a row that the kernel follows to a binary. */
#define MAX_SCRIPTS 5

static int has_capabilities(int fd)
{
	return getxattr(fd_path_of(fd).text, "security.capability", NULL, 0) > 0;
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

/*
 * Makes `head` the path of the interpreter if the file is a script. Returns whether it is one, or
 * -errno. Who may not read a file takes it for a binary, because few scripts can do without being
 * read, and programs with privileges are often made unreadable.
 */
static int read_interpreter(int program, char head[HEAD_SIZE])
{
	int fd = open(fd_path_of(program).text, O_RDONLY | O_CLOEXEC);
	size_t start, length;
	ssize_t size;

	if (fd < 0)
		return 0;
	memset(head, 0, HEAD_SIZE);
	size = read(fd, head, HEAD_SIZE);
	close(fd);
	if (size < 2 || head[0] != '#' || head[1] != '!')
		return 0;
	start = 2;
	while (start < HEAD_SIZE && (head[start] == ' ' || head[start] == '\t'))
		start++;
	length = 0;
	while (start + length < HEAD_SIZE && strchr(" \t\n", head[start + length]) == NULL)
		length++;
	/* A path that reaches the end of the head may have been cut there. */
	if (length == 0 || start + length == HEAD_SIZE)
		return -ENOEXEC;
	memmove(head, head + start, length);
	head[length] = 0;
	return 1;
}

/* An O_PATH fd of the binary that exec of this path ends at, and what it is; or -errno where that
 * exec fails. */
static int binary_open(const struct chain *chain, const char *path, struct stat *file)
{
	char head[HEAD_SIZE];

	for (int scripts = 0; scripts <= MAX_SCRIPTS; scripts++) {
		int fd = child_path_open(chain, path), error = -EACCES;

		if (fd < 0)
			return fd;
		if (fstat(fd, file) == 0 && S_ISREG(file->st_mode) && (file->st_mode & 0111))
			error = read_interpreter(fd, head);
		if (error == 0)
			return fd;
		close(fd);
		if (error < 0)
			return error;
		path = head;
	}
	return -ELOOP;
}

int refuse_privileged(const struct rs_request *h, const struct chain *chain, struct rs_outcome *out)
{
	/* The ids of such a file mean nothing in a user namespace that maps none yet. */
	if (!(h->set & RS_SET_DIE_WITH_PARENT) || (h->namespaces & KERNEL_CLONE_NEWUSER))
		return 0;
	for (uint32_t i = 0; i < chain->candidate_count; i++) {
		struct stat file;
		int refused, fd = binary_open(chain, chain->candidates[i].path, &file);

		if (fd < 0 && search_goes_on_after(-fd))
			continue;
		if (fd < 0)
			return 0;
		refused = is_privileged(h, fd, &file);
		close(fd);
		return refused ? fail(out, EPERM, RS_STEP_DIE_WITH_PARENT, i) : 0;
	}
	return 0;
}
