/* Pseudo-terminals without a process, and what can be changed of one that is there. */
#define _GNU_SOURCE
#include <errno.h>
#include <stdint.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include "pipe.h"
#include "ringspawn.h"
#include "slot.h"
#include "thread.h"

static int is_size(uint32_t rows, uint32_t cols)
{
	return rows >= 1 && rows <= UINT16_MAX && cols >= 1 && cols <= UINT16_MAX;
}

static void close_all(const struct end *end)
{
	const int fds[] = { end->source, end->parent.read, end->parent.write };

	for (int i = 0; i < 3; i++)
		if (fds[i] >= 0)
			close(fds[i]);
}

int rs_terminal_open(const struct rs_engine *engine, uint32_t rows, uint32_t cols,
		     struct rs_terminal *out)
{
	const struct rs_slot slot = { .kind = RS_SLOT_PTY,
				      .rows = (uint16_t)rows,
				      .cols = (uint16_t)cols };
	struct end end = { .source = -1, .parent = { -1, -1 } };
	int error;

	if (engine == NULL || out == NULL)
		return -EFAULT;
	if (out->size != sizeof(*out) || !is_size(rows, cols))
		return -EINVAL;
	error = slot_open_pty(&slot, &end, 0);
	if (error != 0) {
		close_all(&end);
		return error;
	}
	out->read = end.parent.read;
	out->write = end.parent.write;
	out->terminal = end.source;
	thread_owns_fd(engine, out->read);
	thread_owns_fd(engine, out->write);
	thread_owns_fd(engine, out->terminal);
	return 0;
}

int rs_terminal_resize(int32_t fd, uint32_t rows, uint32_t cols)
{
	const struct winsize size = { .ws_row = (uint16_t)rows, .ws_col = (uint16_t)cols };

	if (!is_size(rows, cols))
		return -EINVAL;
	return ioctl(fd, TIOCSWINSZ, &size) == 0 ? 0 : -errno;
}

int rs_terminal_get_mode(int32_t fd, struct rs_terminal_mode *out)
{
	struct termios mode;

	if (out == NULL)
		return -EFAULT;
	if (out->size != sizeof(*out))
		return -EINVAL;
	if (tcgetattr(fd, &mode) != 0)
		return -errno;
	out->input = mode.c_iflag;
	out->output = mode.c_oflag;
	out->control = mode.c_cflag;
	out->local = mode.c_lflag;
	return 0;
}

int rs_terminal_set_mode(int32_t fd, const struct rs_terminal_mode *mode)
{
	struct termios now;

	if (mode == NULL)
		return -EFAULT;
	if (mode->size != sizeof(*mode))
		return -EINVAL;
	if (tcgetattr(fd, &now) != 0)
		return -errno;
	now.c_iflag = mode->input;
	now.c_oflag = mode->output;
	now.c_cflag = mode->control;
	now.c_lflag = mode->local;
	return tcsetattr(fd, TCSANOW, &now) == 0 ? 0 : -errno;
}
