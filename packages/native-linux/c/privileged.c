/*
 * The kernel does not let a parent signal a child that has more privileges than the parent. So exec
 * of a setuid or setgid program, or of one with capabilities of its own, takes the signal of
 * DIE_WITH_PARENT away, and so does exec as root where that gives back capabilities which the
 * parent has not. When the parent ends, it must still be allowed to signal the child. What would
 * not get the signal is refused, because its user would wait in vain for its end.
 * Of a script, the interpreter alone is what counts for the kernel. An interpreter that binfmt_misc
 * has for a file cannot be told from here, so the file is judged in its place. Between this look
 * and the exec the file may change.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
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

/* Capabilities, one bit each. */
struct capabilities {
	uint64_t effective, permitted, inheritable;
};

struct ids {
	uid_t uid, euid;
	gid_t gid, egid;
};

static int has_capabilities(int fd)
{
	return getxattr(fd_path_of(fd).text, "security.capability", NULL, 0) > 0;
}

/* This thread's; all of them where a sandbox does not tell. */
static struct capabilities our_capabilities(void)
{
	struct {
		uint32_t version;
		int32_t pid;
	} header = { 0x20080522, 0 };
	struct {
		uint32_t effective, permitted, inheritable;
	} low_high[2];

	if (syscall(SYS_capget, &header, low_high) != 0)
		return (struct capabilities){ UINT64_MAX, UINT64_MAX, UINT64_MAX };
	return (struct capabilities){
		low_high[0].effective | (uint64_t)low_high[1].effective << 32,
		low_high[0].permitted | (uint64_t)low_high[1].permitted << 32,
		low_high[0].inheritable | (uint64_t)low_high[1].inheritable << 32,
	};
}

static struct ids ids_of_child(const struct rs_request *h)
{
	return (struct ids){
		.uid = h->set & RS_SET_UID ? h->uid : getuid(),
		.euid = h->set & RS_SET_UID ? h->uid : geteuid(),
		.gid = h->set & RS_SET_GID ? h->gid : getgid(),
		.egid = h->set & RS_SET_GID ? h->gid : getegid(),
	};
}

static int changes_ids(const struct rs_request *h)
{
	return (h->set & (RS_SET_UID | RS_SET_GID | RS_SET_GROUPS)) != 0;
}

static int may_gain(const struct rs_request *h)
{
	return !(h->flags & RS_F_NO_NEW_PRIVILEGES) && prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) != 1;
}

/* Exec as root permits whatever is inheritable, or in the bounding set. */
static int gains_as_root(const struct capabilities *ours)
{
	for (int number = 0; number < 64; number++) {
		uint64_t bit = (uint64_t)1 << number;
		int in_bounding_set;

		if (ours->permitted & bit)
			continue;
		in_bounding_set = prctl(PR_CAPBSET_READ, number, 0, 0, 0);
		/* The kernel has no capability of this number. */
		if (in_bounding_set < 0)
			return 0;
		if (in_bounding_set || (ours->inheritable & bit))
			return 1;
	}
	return 0;
}

/* Whether the kernel spares any program that signal which begins with these ids. */
static int is_spared(const struct rs_request *h)
{
	struct ids ids = ids_of_child(h);
	int is_ours = ids.uid == getuid() || ids.uid == geteuid();
	int is_root = ids.uid == 0 || ids.euid == 0;
	struct capabilities ours;

	if (is_ours && !is_root)
		return 0;
	ours = our_capabilities();
	if (!is_ours && !(ours.effective & KERNEL_CAP_KILL))
		return 1;
	return is_root && gains_as_root(&ours) && may_gain(h) &&
	       !(prctl(PR_GET_SECUREBITS, 0, 0, 0, 0) & KERNEL_SECBIT_NOROOT);
}

/* Whether the ids that the program begins with are not those of who started it. */
static int is_privileged(const struct rs_request *h, int fd, const struct stat *file)
{
	struct ids ids = ids_of_child(h);
	struct statvfs mount;

	if (fstatvfs(fd, &mount) != 0 || (mount.f_flag & ST_NOSUID))
		return ids.uid != ids.euid || ids.gid != ids.egid;
	if (may_gain(h)) {
		if (file->st_mode & S_ISUID)
			ids.euid = file->st_uid;
		if ((file->st_mode & S_ISGID) && (file->st_mode & S_IXGRP))
			ids.egid = file->st_gid;
	}
	return ids.uid != ids.euid || ids.gid != ids.egid || (ids.uid != 0 && has_capabilities(fd));
}

/* Whether somebody may execute this file; where the child has our ids, whether the child may. */
static int is_executable(const struct rs_request *h, int fd, const struct stat *file)
{
	if (!S_ISREG(file->st_mode) || !(file->st_mode & 0111))
		return 0;
	return changes_ids(h) ||
	       syscall(SYS_faccessat2, AT_FDCWD, fd_path_of(fd).text, X_OK, AT_EACCESS) == 0 ||
	       errno != EACCES;
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
static int binary_open(const struct rs_request *h, const struct chain *chain, const char *path,
		       struct stat *file)
{
	char head[HEAD_SIZE];

	for (int scripts = 0; scripts <= MAX_SCRIPTS; scripts++) {
		int fd = child_path_open(chain, path), error = -EACCES;

		if (fd < 0)
			return fd;
		if (fstat(fd, file) == 0 && is_executable(h, fd, file))
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
	if (is_spared(h))
		return fail(out, EPERM, RS_STEP_DIE_WITH_PARENT, UINT32_MAX);
	for (uint32_t i = 0; i < chain->candidate_count; i++) {
		struct stat file;
		int refused = 0, fd = binary_open(h, chain, chain->candidates[i].path, &file);
		int goes_on = fd < 0 && search_goes_on_after(-fd);

		if (fd >= 0) {
			refused = is_privileged(h, fd, &file);
			close(fd);
		}
		if (refused)
			return fail(out, EPERM, RS_STEP_DIE_WITH_PARENT, i);
		/* Who gets other ids may be kept from what we can see, and then finds the next. */
		if (!goes_on && !changes_ids(h))
			return 0;
	}
	return 0;
}
