/* Pseudo-terminals without a process: what is opened, what can be changed, and what is refused. */
#include <poll.h>
#include <sys/ioctl.h>
#include <termios.h>

#include "test.h"

static struct rs_terminal terminal_up(uint32_t rows, uint32_t cols)
{
	struct rs_terminal terminal = { .size = sizeof(terminal) };

	CHECK_IS(rs_terminal_open(engine, rows, cols, &terminal), 0);
	return terminal;
}

static void terminal_down(const struct rs_terminal *terminal)
{
	CHECK_IS(rs_close(terminal->read), 0);
	CHECK_IS(rs_close(terminal->write), 0);
	CHECK_IS(rs_close(terminal->terminal), 0);
}

static struct winsize size_of(int fd)
{
	struct winsize size;

	CHECK(ioctl(fd, TIOCGWINSZ, &size) == 0);
	return size;
}

static struct rs_terminal_mode mode_of(int fd)
{
	struct rs_terminal_mode mode = { .size = sizeof(mode) };

	CHECK_IS(rs_terminal_get_mode(fd, &mode), 0);
	return mode;
}

/* What is written to a terminal may come in parts: the kernel hands it on by a thread of its own.
 */
static void check_comes(int fd, const char *expected)
{
	struct pollfd readable = { .fd = fd, .events = POLLIN };
	char text[64] = "";
	size_t len = 0;

	while (len < strlen(expected)) {
		int count;

		CHECK_IS(poll(&readable, 1, 30000), 1);
		count = rs_read(fd, text + len, (uint32_t)(sizeof(text) - 1 - len));
		CHECK(count > 0);
		len += (size_t)count;
	}
	CHECK(strcmp(text, expected) == 0);
	CHECK_IS(rs_read(fd, text, sizeof(text)), -EAGAIN);
}

static int has_terminal(void)
{
	int fd = open("/dev/tty", O_RDWR | O_NOCTTY | O_CLOEXEC);

	if (fd >= 0)
		close(fd);
	return fd >= 0;
}

static void both_sides_are_open(void)
{
	struct rs_terminal terminal = terminal_up(33, 77);
	const int fds[] = { terminal.read, terminal.write, terminal.terminal };
	struct rs_terminal_mode mode = mode_of(terminal.terminal);
	char text[16];

	for (int i = 0; i < 3; i++) {
		CHECK(fds[i] > 2 && isatty(fds[i]));
		CHECK_IS(fcntl(fds[i], F_GETFD), FD_CLOEXEC);
		CHECK_IS((fcntl(fds[i], F_GETFL) & O_NONBLOCK) != 0, i < 2);
		CHECK_IS(size_of(fds[i]).ws_row, 33);
		CHECK_IS(size_of(fds[i]).ws_col, 77);
	}
	CHECK_IS(mode.input, 0x6d02);
	CHECK_IS(mode.output, 5);
	CHECK_IS(mode.control, 0x4bf);
	CHECK_IS(mode.local, 0x8a3b);
	CHECK_IS(rs_read(terminal.read, text, sizeof(text)), -EAGAIN);
	CHECK_IS(write(terminal.terminal, "a\n", 2), 2);
	check_comes(terminal.read, "a\r\n");
	CHECK_IS(rs_write(terminal.write, "b\n", 2), 2);
	CHECK_IS(read(terminal.terminal, text, sizeof(text)), 2);
	/* run.mjs makes this program the leader of a session, whose terminal it would be. */
	CHECK_IS(getsid(0), getpid());
	CHECK(!has_terminal());
	terminal_down(&terminal);
}

static void serves_several_processes(void)
{
	struct rs_terminal terminal = terminal_up(24, 80);

	for (int turn = 0; turn < 2; turn++) {
		struct req *r = req_new("/bin/sh");
		struct rs_outcome out;

		put(&r->argv, "-c");
		put(&r->argv, "[ -t 0 ] && [ -t 2 ] && echo here");
		for (int fd = 0; fd < 3; fd++)
			slot(r, fd, RS_SLOT_FD, terminal.terminal);
		out = spawn_ok(r);
		CHECK_IS(finish(&out).code, 0);
		check_comes(terminal.read, "here\r\n");
	}
	terminal_down(&terminal);
}

static void its_size_is_changed(void)
{
	struct rs_terminal terminal = terminal_up(24, 80);
	const uint32_t bad[][2] = { { 0, 80 },     { 24, 0 },          { 65536, 80 },
				    { 24, 65536 }, { UINT32_MAX, 80 }, { 24, UINT32_MAX } };

	CHECK_IS(rs_terminal_resize(terminal.write, 65535, 1), 0);
	CHECK_IS(size_of(terminal.terminal).ws_row, 65535);
	CHECK_IS(size_of(terminal.terminal).ws_col, 1);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct rs_terminal none = { .size = sizeof(none) };

		CHECK_IS(rs_terminal_resize(terminal.write, bad[i][0], bad[i][1]), -EINVAL);
		CHECK_IS(rs_terminal_open(engine, bad[i][0], bad[i][1], &none), -EINVAL);
	}
	CHECK_IS(size_of(terminal.terminal).ws_row, 65535);
	terminal_down(&terminal);
}

static void its_mode_is_changed(void)
{
	struct rs_terminal terminal = terminal_up(24, 80);
	struct rs_terminal_mode mode = mode_of(terminal.write);

	mode.local &= ~(uint32_t)(ECHO | ICANON);
	mode.output = 0;
	CHECK_IS(rs_terminal_set_mode(terminal.write, &mode), 0);
	CHECK_IS(mode_of(terminal.terminal).local, 0x8a31);
	CHECK_IS(mode_of(terminal.terminal).output, 0);
	CHECK_IS(mode_of(terminal.terminal).input, 0x6d02);
	/* No flag is out of bounds. */
	mode.input = mode.output = mode.control = mode.local = UINT32_MAX;
	CHECK_IS(rs_terminal_set_mode(terminal.write, &mode), 0);
	CHECK(mode_of(terminal.write).local != 0);
	terminal_down(&terminal);
}

static void what_cannot_be_is_refused(void)
{
	struct rs_terminal terminal = { .size = sizeof(terminal) - 1 };
	struct rs_terminal_mode mode = { .size = sizeof(mode) + 1 };
	const int other = open("/dev/null", O_RDWR | O_CLOEXEC);
	const int fds[] = { other, -1, 999, INT32_MAX, INT32_MIN };

	CHECK_IS(rs_terminal_open(engine, 24, 80, NULL), -EFAULT);
	CHECK_IS(rs_terminal_open(engine, 24, 80, &terminal), -EINVAL);
	CHECK_IS(rs_terminal_get_mode(other, NULL), -EFAULT);
	CHECK_IS(rs_terminal_set_mode(other, NULL), -EFAULT);
	CHECK_IS(rs_terminal_get_mode(other, &mode), -EINVAL);
	CHECK_IS(rs_terminal_set_mode(other, &mode), -EINVAL);
	mode.size = sizeof(mode);
	for (size_t i = 0; i < sizeof(fds) / sizeof(fds[0]); i++) {
		int error = i == 0 ? -ENOTTY : -EBADF;

		CHECK_IS(rs_terminal_resize(fds[i], 24, 80), error);
		CHECK_IS(rs_terminal_get_mode(fds[i], &mode), error);
		CHECK_IS(rs_terminal_set_mode(fds[i], &mode), error);
	}
	close(other);
}

/* It takes three fds. */
static void leaves_nothing_where_fds_run_out(void)
{
	struct few_fds few;

	for (int room = 0; room <= 3; room++) {
		struct rs_terminal terminal = { .size = sizeof(terminal) };
		int count = fd_count();
		int error;

		leave_fds(&few, room);
		error = rs_terminal_open(engine, 24, 80, &terminal);
		CHECK_IS(error, room < 3 ? -EMFILE : 0);
		if (error == 0)
			terminal_down(&terminal);
		leave_all_fds(&few);
		CHECK_IS(fd_count(), count);
	}
}

int main(void)
{
	int before;

	engine_up();
	before = fd_count();
	both_sides_are_open();
	serves_several_processes();
	its_size_is_changed();
	its_mode_is_changed();
	what_cannot_be_is_refused();
	leaves_nothing_where_fds_run_out();
	for (int i = 0; i < 1000; i++) {
		struct rs_terminal terminal = terminal_up(24, 80);

		terminal_down(&terminal);
	}
	CHECK_IS(fd_count(), before);
	CHECK(has_no_children());
	rs_engine_close(engine);
	return 0;
}
