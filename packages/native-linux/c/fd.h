/* The numbers of fds that the engine gives to its caller, and of those that it keeps. */
#ifndef RS_FD_H
#define RS_FD_H

/* Numbers 0 to 2 are the program's, even while they are closed: moves an fd of ours above them. */
int fd_above_stdio(int fd);
/* A duplicate at `from` or above, CLOEXEC; or -errno. */
int fd_duplicate(int fd, int from);

/* The kernel gives a pidfd the lowest free number, and 0 to 2 are the program's. So the pidfd is
 * moved above them. Where no number is free it stays, because the child exists already. */
int pidfd_above_stdio(int pidfd);

struct fd_path {
	char text[64];
};

/* What an fd has open, as a path for calls that take no fd: of this thread's own table, which may
 * not be that of the process. */
struct fd_path fd_path_of(int fd);

/*
 * Fds that the engine keeps for itself. A request that names one means an fd which the caller has
 * closed, and whose number the engine has got since: with its first request at the latest.
 */
int fd_keep(int fd); /* returns `fd`, which may be negative */
int fd_is_kept(int fd);
void fd_close_kept(int fd);

#endif
