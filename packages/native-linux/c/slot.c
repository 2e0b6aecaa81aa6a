/*
 * What each kind of slot opens. Everything is close-on-exec from its first moment, and stands in
 * the slot's `struct end` as soon as it is open, where pipe.c finds it after a failure.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

#include "engine.h"
#include "fault.h"
#include "fd.h"
#include "kernel.h"
#include "pipe.h"
#include "request.h"
#include "slot.h"

/* Stands before each system call but the first, before which the caller asks. 0 or -errno */
static int next_call(uint32_t i)
{
	return -fault(RS_STEP_STDIO, i);
}

/* Moves an fd that is kept here above 0 to 2. After a failure it is closed, and -1. */
static int raise_above_stdio(int *fd)
{
	*fd = fd_above_stdio(*fd);
	return *fd < 0 ? -errno : 0;
}

/* The two ends of something new: the child's, which stays blocking, as every program expects, and
 * the parent's. */
static int keep_pair(struct end *end, int child, int parent, int32_t *into)
{
	int error;

	end->source = child;
	*into = parent;
	error = raise_above_stdio(&end->source);
	end->ours = error == 0;
	return error == 0 ? raise_above_stdio(into) : error;
}

static int set_nonblocking(int fd, uint32_t i)
{
	int error = next_call(i);

	if (error == 0 && fcntl(fd, F_SETFL, O_NONBLOCK) != 0)
		error = -errno;
	return error;
}

/* For what goes both ways: the fd to write to, beside the one to read from. It is made before the
 * birth, after which nothing may fail. */
static int add_writer(struct end *end, uint32_t i)
{
	int error = next_call(i);
	int copy = error == 0 ? fd_duplicate(end->parent.read, 3) : error;

	if (copy < 0)
		return copy;
	end->parent.write = copy;
	return 0;
}

/*
 * A sandbox may have refused the call before the kernel saw it. Two sockets, each of which goes one
 * way, are read and written alike, and the runtimes' own spawns give their children such.
 */
static int make_pipe(int fds[2])
{
	int error;

	if (pipe2(fds, O_CLOEXEC) == 0)
		return 0;
	error = errno;
	if ((error != EPERM && error != ENOSYS) ||
	    socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) != 0)
		return -error;
	shutdown(fds[0], SHUT_WR);
	shutdown(fds[1], SHUT_RD);
	return 0;
}

static int open_pipe(const struct rs_slot *slot, struct end *end, uint32_t i)
{
	int child_reads = slot->kind == RS_SLOT_PIPE_IN;
	int32_t *parent = child_reads ? &end->parent.write : &end->parent.read;
	int fds[2];
	int error = make_pipe(fds);

	if (error != 0)
		return error;
	error = keep_pair(end, fds[!child_reads], fds[child_reads], parent);
	if (error == 0 && !(slot->flags & RS_SLOT_RAW))
		error = set_nonblocking(*parent, i);
	return error;
}

/* The kernel takes any size, and at most what the system allows. What a socket of this family
 * receives is counted where it was sent. */
static void limit_buffer(int socket, uint32_t bytes)
{
	const int size = bytes > INT32_MAX ? INT32_MAX : (int)bytes;

	setsockopt(socket, SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
}

static int open_socket(const struct rs_slot *slot, struct end *end, uint32_t i)
{
	int fds[2];
	int error;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) != 0)
		return -errno;
	error = keep_pair(end, fds[0], fds[1], &end->parent.read);
	if (error == 0 && slot->buffer != 0) {
		limit_buffer(end->source, slot->buffer);
		limit_buffer(end->parent.read, slot->buffer);
	}
	if (error != 0 || (slot->flags & RS_SLOT_RAW))
		return error;
	error = set_nonblocking(end->parent.read, i);
	return error == 0 ? add_writer(end, i) : error;
}

/* As interactive programs expect a terminal: what is typed is echoed, lines are edited, and text is
 * UTF-8. */
static int set_up_terminal(const struct rs_slot *slot, int terminal, uint32_t i)
{
	const struct winsize size = { .ws_row = slot->rows, .ws_col = slot->cols };
	struct termios mode;
	int error = next_call(i);

	if (error == 0 && tcgetattr(terminal, &mode) != 0)
		error = -errno;
	if (error != 0)
		return error;
	mode.c_iflag = BRKINT | ICRNL | IXON | IXANY | IMAXBEL | IUTF8;
	mode.c_oflag = OPOST | ONLCR;
	mode.c_cflag = CS8 | CREAD | HUPCL;
	mode.c_lflag = ISIG | ICANON | IEXTEN | ECHO | ECHOE | ECHOK | ECHOCTL | ECHOKE;
	cfsetispeed(&mode, B38400);
	cfsetospeed(&mode, B38400);
	error = next_call(i);
	if (error == 0 && tcsetattr(terminal, TCSANOW, &mode) != 0)
		error = -errno;
	if (error != 0 || slot->rows == 0 || slot->cols == 0)
		return error;
	error = next_call(i);
	if (error == 0 && ioctl(terminal, TIOCSWINSZ, &size) != 0)
		error = -errno;
	return error;
}

/* The child's side of the pseudo-terminal whose other side is `master`. Not by its path, which may
 * not be there or be another's in this mount namespace. */
static int open_terminal(int master, struct end *end, uint32_t i)
{
	const int unlocked = 0;
	int error = next_call(i);

	if (error == 0 && ioctl(master, TIOCSPTLCK, &unlocked) != 0)
		error = -errno;
	if (error == 0)
		error = next_call(i);
	if (error != 0)
		return error;
	end->source = ioctl(master, KERNEL_TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC);
	error = raise_above_stdio(&end->source);
	end->ours = error == 0;
	return error;
}

int slot_open_pty(const struct rs_slot *slot, struct end *end, uint32_t i)
{
	int error;

	end->parent.read = open("/dev/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC);
	error = raise_above_stdio(&end->parent.read);
	if (error == 0)
		error = open_terminal(end->parent.read, end, i);
	if (error == 0)
		error = set_up_terminal(slot, end->source, i);
	if (error != 0 || (slot->flags & RS_SLOT_RAW))
		return error;
	error = set_nonblocking(end->parent.read, i);
	return error == 0 ? add_writer(end, i) : error;
}

static int open_pty(const struct request *request, struct end *end, uint32_t i)
{
	for (uint32_t k = 0; k < i; k++) {
		int copy;

		if (request->slots[k].kind != RS_SLOT_PTY)
			continue;
		copy = fd_duplicate(request->ends[k].source, 3);
		if (copy < 0)
			return copy;
		end->source = copy;
		end->ours = 1;
		return 0;
	}
	return slot_open_pty(&request->slots[i], end, i);
}

static int open_file(const struct request *request, const struct rs_slot *slot, struct end *end)
{
	const char *path = request_string(request, slot->path);
	int fd;

	do
		fd = open(path, (int)slot->open_flags | O_CLOEXEC | O_NOCTTY, (mode_t)slot->mode);
	while (fd < 0 && errno == EINTR);
	fd = fd_above_stdio(fd);
	if (fd < 0)
		return -errno;
	end->source = fd;
	end->ours = 1;
	return 0;
}

/*
 * Whether opening this fd's file once more leads to the same pipe or terminal. A socket cannot be
 * opened, and opening the master of a pseudo-terminal makes a new one.
 */
static int can_be_reopened(int fd)
{
	struct stat status;
	struct termios mode;
	int number;

	if (fstat(fd, &status) != 0)
		return 0;
	return S_ISFIFO(status.st_mode) || (S_ISCHR(status.st_mode) && tcgetattr(fd, &mode) == 0 &&
					    ioctl(fd, TIOCGPTN, &number) != 0);
}

/*
 * A new description of the same file; or -1 where there can be none, or where poll would not tell
 * of an end by it that it tells of by the given fd. So it is with a FIFO whose writers have gone,
 * which would wait for its next one, and with a terminal that was hung up. The given fd is asked
 * first: if the last writer goes in between, the new description tells of it.
 */
static int reopen(int given, int flags)
{
	int fd = -1;

	if (can_be_reopened(given))
		fd = fd_above_stdio(open(fd_path_of(given).text, flags));
	if (fd >= 0 && rs_hung_up(given) == 1 && rs_hung_up(fd) == 0) {
		close(fd);
		fd = -1;
	}
	return fd;
}

/*
 * Every program expects that its fds block, and the runtimes set O_NONBLOCK on pipes and terminals
 * that they were given. That flag belongs to the open file description, which the parent goes on
 * using. So the child gets a new description of the same file.
 *
 * Where there can be none, the flag is taken from the shared description at 0 to 2, as the
 * runtimes' own spawns do. Beyond 2 it stays: whoever passes a socket there may still wait for it
 * in an event loop, which must not block.
 */
static void use_blocking(const struct rs_slot *slot, struct end *end)
{
	/* O_ASYNC would add the new description to those that send the program signals. */
	int flags = end->given_flags & ~(O_NONBLOCK | O_ASYNC);
	int opening = (flags & O_ACCMODE) | O_NONBLOCK | O_NOCTTY | O_CLOEXEC;
	int fd = reopen(slot->fd, opening);

	if (fd >= 0) {
		end->source = fd;
		end->ours = 1;
		fcntl(fd, F_SETFL, flags);
	} else if (slot->target <= 2) {
		fcntl(slot->fd, F_SETFL, end->given_flags & ~O_NONBLOCK);
	}
}

int slot_open(const struct request *request, struct rs_engine *engine, uint32_t i)
{
	const struct rs_slot *slot = &request->slots[i];
	struct end *end = &request->ends[i];

	switch ((enum rs_slot_kind)slot->kind) {
	case RS_SLOT_NULL:
		end->source = engine_null_fd(engine);
		return end->source < 0 ? end->source : 0;
	case RS_SLOT_FD:
		end->source = slot->fd;
		if (end->given_flags & O_NONBLOCK)
			use_blocking(slot, end);
		return 0;
	case RS_SLOT_PIPE_IN:
	case RS_SLOT_PIPE_OUT:
		return open_pipe(slot, end, i);
	case RS_SLOT_FILE:
		return open_file(request, slot, end);
	case RS_SLOT_SOCKET:
		return open_socket(slot, end, i);
	case RS_SLOT_PTY:
		return open_pty(request, end, i);
	}
	return -EINVAL;
}
