/* What goes both ways, what blocks, what is given away: sockets, pseudo-terminals, raw ends and
 * given fds. */
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <termios.h>

#include "test.h"

static struct req *sh(const char *script)
{
	struct req *r = req_new("/bin/sh");

	put(&r->argv, "-c");
	put(&r->argv, script);
	r->head.flags |= RS_F_INHERIT_ENV;
	return r;
}

static int blocks(int fd)
{
	int flags = fcntl(fd, F_GETFL);

	CHECK(flags >= 0);
	CHECK_IS(fcntl(fd, F_GETFD), FD_CLOEXEC);
	return (flags & O_NONBLOCK) == 0;
}

/* Everything until the end of a socket or a terminal; closes it. What a terminal answers once
 * nobody has its other side is EIO. */
static const char *drain_with_end(int fd, int end)
{
	static char text[65536];
	uint32_t used = 0;
	int32_t got;

	do {
		struct pollfd ready = { .fd = fd, .events = POLLIN };

		CHECK(poll(&ready, 1, 30000) == 1 || errno == EINTR);
		got = rs_read(fd, text + used, (uint32_t)sizeof(text) - 1 - used);
		used += got > 0 ? (uint32_t)got : 0;
	} while (got > 0 || got == -EAGAIN);
	CHECK_IS(got, end);
	CHECK_IS(rs_close(fd), 0);
	text[used] = 0;
	return text;
}

static void socket_goes_both_ways(void)
{
	struct req *r = sh("read line <&5; echo \"got $line\" >&5; cat <&5 >&5; echo end >&5");
	struct rs_outcome out;
	struct stat st[2];

	slot(r, 2, RS_SLOT_FD, 2);
	slot(r, 5, RS_SLOT_SOCKET, 0);
	out = spawn_ok(r);
	CHECK_IS(out.count, 2);
	CHECK_IS(out.ends[0].read, -1);
	CHECK_IS(out.ends[0].write, -1);
	CHECK(out.ends[1].read > 2 && out.ends[1].write > 2);
	CHECK(out.ends[1].read != out.ends[1].write);
	CHECK(!blocks(out.ends[1].read) && !blocks(out.ends[1].write));
	CHECK(fstat(out.ends[1].read, &st[0]) == 0 && fstat(out.ends[1].write, &st[1]) == 0);
	CHECK(S_ISSOCK(st[0].st_mode) && st[0].st_ino == st[1].st_ino);
	CHECK_IS(rs_send(out.ends[1].write, "one\ntwo\n", 8), 8);
	/* The child sees the end of what we write, and goes on writing. */
	CHECK_IS(rs_shutdown_write(out.ends[1].write), 0);
	CHECK(strcmp(drain_with_end(out.ends[1].read, 0), "got one\ntwo\nend\n") == 0);
	CHECK_IS(finish(&out).code, 0);
}

static void socket_buffers_as_much_as_asked(void)
{
	struct req *r = sh("exit 0");
	struct rs_outcome out;
	struct rs_slot *limited;
	socklen_t length = sizeof(int);
	int bytes[2];

	limited = slot(r, 5, RS_SLOT_SOCKET, 0);
	limited->flags = RS_SLOT_RAW;
	limited->buffer = 65536;
	slot(r, 6, RS_SLOT_SOCKET, 0)->flags = RS_SLOT_RAW;
	out = spawn_ok(r);
	for (int i = 0; i < 2; i++) {
		CHECK(getsockopt(out.ends[i].read, SOL_SOCKET, SO_SNDBUF, &bytes[i], &length) == 0);
		CHECK_IS(rs_close(out.ends[i].read), 0);
	}
	/* The kernel doubles what it is asked for, to have room for its own. */
	CHECK_IS(bytes[0], 2 * 65536);
	CHECK(bytes[1] != bytes[0]);
	CHECK_IS(finish(&out).code, 0);
}

/* SIGPIPE has its default here, which would end this test. */
static void no_signal_tells_of_a_lost_reader(void)
{
	struct req *r = req_new("/bin/true");
	struct rs_outcome out;
	int pipe_fds[2];

	slot(r, 5, RS_SLOT_SOCKET, 0);
	out = spawn_ok(r);
	CHECK_IS(finish(&out).code, 0);
	CHECK_IS(rs_send(out.ends[0].write, "x", 1), -EPIPE);
	CHECK_IS(rs_shutdown_write(out.ends[0].write), 0);
	CHECK_IS(rs_close(out.ends[0].read), 0);
	/* What is no socket is written to, or closed. */
	CHECK(pipe2(pipe_fds, O_CLOEXEC) == 0);
	CHECK_IS(rs_send(pipe_fds[1], "abc", 3), 3);
	CHECK_IS(rs_shutdown_write(pipe_fds[1]), 0);
	CHECK(strcmp(drain(pipe_fds[0]), "abc") == 0);
	CHECK_IS(rs_shutdown_write(pipe_fds[1]), -EBADF);
}

/* The other direction: who writes what nobody reads is told, while we go on writing. */
static void socket_ends_in_each_direction(void)
{
	struct req *r = sh("trap '' PIPE; while echo x 2>/dev/null; do :; done >&5; cat <&5 >&4");
	struct rs_outcome out;
	struct pollfd unread;

	slot(r, 4, RS_SLOT_PIPE_OUT, 0);
	slot(r, 5, RS_SLOT_SOCKET, 0);
	out = spawn_ok(r);
	/* What is unread by then must not be told to the child as an error. */
	unread = (struct pollfd){ .fd = out.ends[1].read, .events = POLLIN };
	CHECK_IS(poll(&unread, 1, 30000), 1);
	CHECK_IS(rs_shutdown_read(out.ends[1].read), 0);
	CHECK_IS(rs_send(out.ends[1].write, "still\n", 6), 6);
	CHECK_IS(rs_shutdown_write(out.ends[1].write), 0);
	CHECK(strcmp(drain(out.ends[0].read), "still\n") == 0);
	CHECK_IS(finish(&out).code, 0);
}

static void raw_ends_block(void)
{
	struct req *r = sh("cat <&3 >&4; exec 4>&-; cat <&5 >&5");
	struct rs_outcome out;
	char text[8];

	slot(r, 3, RS_SLOT_PIPE_IN, 0)->flags = RS_SLOT_RAW;
	slot(r, 4, RS_SLOT_PIPE_OUT, 0)->flags = RS_SLOT_RAW;
	slot(r, 5, RS_SLOT_SOCKET, 0)->flags = RS_SLOT_RAW;
	out = spawn_ok(r);
	CHECK_IS(out.ends[0].read, -1);
	CHECK_IS(out.ends[1].write, -1);
	CHECK_IS(out.ends[2].write, -1);
	CHECK(blocks(out.ends[0].write) && blocks(out.ends[1].read) && blocks(out.ends[2].read));
	CHECK_IS(write(out.ends[0].write, "in", 2), 2);
	CHECK_IS(read(out.ends[1].read, text, sizeof(text)), 2);
	CHECK_IS(close(out.ends[0].write), 0);
	CHECK_IS(read(out.ends[1].read, text, sizeof(text)), 0);
	CHECK_IS(close(out.ends[1].read), 0);
	CHECK_IS(write(out.ends[2].read, "both", 4), 4);
	CHECK_IS(read(out.ends[2].read, text, sizeof(text)), 4);
	CHECK_IS(close(out.ends[2].read), 0);
	CHECK_IS(finish(&out).code, 0);
}

static struct rs_slot *pty_slot(struct req *r, int target, int rows, int cols)
{
	struct rs_slot *pty = slot(r, target, RS_SLOT_PTY, 0);

	pty->rows = (uint16_t)rows;
	pty->cols = (uint16_t)cols;
	return pty;
}

static int has_terminal(void)
{
	int fd = open("/dev/tty", O_RDWR | O_NOCTTY | O_CLOEXEC);

	if (fd >= 0)
		close(fd);
	return fd >= 0;
}

static void pty_is_a_terminal(void)
{
	struct req *r =
		sh("[ -t 0 ] && [ -t 1 ] && [ -t 2 ] && stty size && read x && echo \"<$x>\" >&2");
	struct rs_outcome out;
	struct termios mode;
	struct winsize size;
	int master;

	for (int fd = 0; fd < 3; fd++)
		pty_slot(r, fd, 33, 77);
	out = spawn_ok(r);
	master = out.ends[0].read;
	CHECK(master > 2 && out.ends[0].write > 2 && master != out.ends[0].write);
	for (uint32_t i = 1; i < 3; i++)
		CHECK(out.ends[i].read == -1 && out.ends[i].write == -1);
	CHECK(!blocks(master) && !blocks(out.ends[0].write));
	CHECK(tcgetattr(master, &mode) == 0 && ioctl(master, TIOCGWINSZ, &size) == 0);
	CHECK_IS(mode.c_iflag, 0x6d02);
	CHECK_IS(mode.c_oflag, 5);
	CHECK_IS(mode.c_cflag, 0x4bf);
	CHECK_IS(mode.c_lflag, 0x8a3b);
	CHECK_IS(size.ws_row, 33);
	CHECK_IS(size.ws_col, 77);
	CHECK_IS(rs_write(out.ends[0].write, "typed\n", 6), 6);
	CHECK_IS(finish(&out).code, 0);
	CHECK_IS(rs_close(out.ends[0].write), 0);
	/* The echo of what was typed may come before what the child says first. */
	CHECK(strstr(drain_with_end(master, -EIO), "<typed>\r\n") != NULL);
	/* run.mjs makes this program the leader of a session without a terminal. */
	CHECK_IS(getsid(0), getpid());
	CHECK(!has_terminal());
}

/* Of whom it is the controlling terminal, and whose size it has. */
static void pty_belongs_to_whom_it_was_made_for(void)
{
	for (int controls = 0; controls < 2; controls++) {
		struct req *r = req_show();
		struct rs_outcome out;
		struct winsize size;
		const char *text;

		pty_slot(r, 7, 0, 80)->flags = RS_SLOT_RAW;
		if (controls) {
			r->head.flags |= RS_F_SESSION;
			r->head.set |= RS_SET_CONTROLLING_TERMINAL;
			r->head.controlling_terminal = 7;
		}
		out = spawn_ok(r);
		CHECK(blocks(out.ends[3].read));
		CHECK_IS(out.ends[3].write, -1);
		CHECK(ioctl(out.ends[3].read, TIOCGWINSZ, &size) == 0);
		CHECK_IS(size.ws_row, 0);
		text = drain(out.ends[1].read);
		CHECK_SHOWS(text, "fds", "0 1 2 7");
		CHECK(strncmp(value(text, "fd7"), "/dev/pts/", 9) == 0);
		CHECK_SHOWS(text, "fd7.flags", "2 block");
		CHECK_SHOWS(text, "tty", controls ? "yes" : "no");
		CHECK_IS(finish(&out).code, 0);
		CHECK_IS(rs_close(out.ends[3].read), 0);
		CHECK(!has_terminal());
	}
}

/* Their fds land on numbers that other slots aim at. */
static void keeps_out_of_the_way(void)
{
	struct req *r = req_new(beside_me("show"));
	struct rs_outcome out;
	const char *text;
	char key[16];

	slot(r, 1, RS_SLOT_PIPE_OUT, 0);
	for (int fd = 3; fd < 60; fd++)
		if (fd % 3 == 0)
			slot(r, fd, RS_SLOT_SOCKET, 0);
		else if (fd % 3 == 1)
			pty_slot(r, fd, 24, 80);
		else
			slot(r, fd, RS_SLOT_FD, 2);
	out = spawn_ok(r);
	text = drain(out.ends[0].read);
	out.ends[0].read = -1;
	for (int fd = 3; fd < 60; fd++) {
		snprintf(key, sizeof(key), "fd%d", fd);
		if (fd % 3 == 0)
			CHECK(strncmp(value(text, key), "socket:", 7) == 0);
		else if (fd % 3 == 1)
			CHECK(strcmp(value(text, key), value(text, "fd4")) == 0);
	}
	CHECK(strncmp(value(text, "fd4"), "/dev/pts/", 9) == 0);
	CHECK_IS(finish(&out).code, 0);
	close_ends(&out);
}

static void gives_fds_away(void)
{
	int pipe_fds[2], other;
	struct rs_outcome out;
	struct req *r;

	CHECK(pipe2(pipe_fds, O_CLOEXEC) == 0);
	other = fcntl(2, F_DUPFD_CLOEXEC, 3);

	/* A failure leaves it to the caller: before the birth, at it, and after it. */
	r = sh("true");
	slot(r, 3, RS_SLOT_FD, pipe_fds[1])->flags = RS_SLOT_GIVEN;
	slot(r, 4, RS_SLOT_FD, 999);
	CHECK_FAILS(spawn(r), EBADF, RS_STEP_STDIO, 1);
	r = sh("true");
	slot(r, 3, RS_SLOT_FD, pipe_fds[1])->flags = RS_SLOT_GIVEN;
	r->cwd = "/nonexistent";
	CHECK_FAILS(spawn(r), ENOENT, RS_STEP_CWD, 0);
	r = req_new("/nonexistent");
	slot(r, 3, RS_SLOT_FD, pipe_fds[1])->flags = RS_SLOT_GIVEN;
	CHECK_FAILS(spawn(r), ENOENT, RS_STEP_FILE, 0);
	CHECK_IS(fcntl(pipe_fds[1], F_GETFD), FD_CLOEXEC);
	r = sh("true");
	slot(r, 3, RS_SLOT_FD, 998)->flags = RS_SLOT_GIVEN;
	CHECK_FAILS(spawn(r), EBADF, RS_STEP_STDIO, 0);

	/* At the number of another slot's source, and in the way of one. */
	r = sh("echo given >&3");
	slot(r, 3, RS_SLOT_FD, pipe_fds[1])->flags = RS_SLOT_GIVEN;
	slot(r, pipe_fds[1], RS_SLOT_FD, other);
	out = spawn_ok(r);
	CHECK(fcntl(pipe_fds[1], F_GETFD) < 0 && errno == EBADF);
	CHECK(fcntl(other, F_GETFD) == FD_CLOEXEC);
	/* Nobody holds the other end any more once the child is gone. */
	CHECK(strcmp(drain(pipe_fds[0]), "given\n") == 0);
	CHECK_IS(finish(&out).code, 0);

	/* At its own number. */
	r = sh("true");
	slot(r, other, RS_SLOT_FD, other)->flags = RS_SLOT_GIVEN;
	out = spawn_ok(r);
	CHECK(fcntl(other, F_GETFD) < 0 && errno == EBADF);
	CHECK_IS(finish(&out).code, 0);
}

/* Room for one fd more with each turn, until there is enough. */
static void says_when_fds_run_out(enum rs_slot_kind kind, int needs)
{
	struct few_fds few;

	for (int room = 0; room <= needs; room++) {
		int count = fd_count();
		struct rs_outcome out;
		struct req *r = req_new("/bin/true");

		leave_fds(&few, room);
		slot(r, 2, RS_SLOT_FD, 2);
		slot(r, 5, kind, 0);
		out = spawn(r);
		if (room == needs) {
			CHECK_IS(out.error, 0);
			close_ends(&out);
			CHECK_IS(finish(&out).code, 0);
		} else if (room == needs - 1) {
			/* no number for the pidfd */
			CHECK_FAILS(out, EMFILE, RS_STEP_BIRTH, 0);
		} else {
			CHECK_FAILS(out, EMFILE, RS_STEP_STDIO, 1);
		}
		leave_all_fds(&few);
		CHECK_IS(fd_count(), count);
	}
}

/* Nothing of the engine's lands on the program's own numbers, closed as they are. */
static void works_while_stdio_is_closed(void)
{
	int kept[3];
	struct rs_outcome out;
	struct req *r = sh("cat <&5 >&6");

	for (int i = 0; i < 3; i++) {
		kept[i] = fcntl(i, F_DUPFD_CLOEXEC, 10);
		close(i);
	}
	slot(r, 5, RS_SLOT_SOCKET, 0);
	pty_slot(r, 6, 24, 80);
	out = spawn_ok(r);
	for (int i = 0; i < 2; i++)
		CHECK(out.ends[i].read > 2 && out.ends[i].write > 2);
	for (int i = 0; i < 3; i++)
		CHECK(fcntl(i, F_GETFD) < 0);
	CHECK_IS(rs_send(out.ends[0].write, "through\n", 8), 8);
	CHECK_IS(rs_shutdown_write(out.ends[0].write), 0);
	CHECK(strcmp(drain_with_end(out.ends[1].read, -EIO), "through\r\n") == 0);
	CHECK_IS(finish(&out).code, 0);
	CHECK_IS(rs_close(out.ends[0].read), 0);
	CHECK_IS(rs_close(out.ends[1].write), 0);
	for (int i = 0; i < 3; i++) {
		dup2(kept[i], i);
		close(kept[i]);
	}
}

/* A pipe that is written, a pair of sockets and a terminal, while a process has the other end and
 * after it. */
static void an_end_tells_that_nobody_has_the_other(void)
{
	struct req *r = sh("read line; exit 0");
	struct rs_outcome out;

	slot(r, 0, RS_SLOT_PIPE_IN, 0);
	slot(r, 5, RS_SLOT_SOCKET, 0);
	pty_slot(r, 6, 24, 80);
	out = spawn_ok(r);
	for (int i = 0; i < 3; i++)
		CHECK_IS(rs_hung_up(out.ends[i].write), 0);
	CHECK_IS(rs_write(out.ends[0].write, "\n", 1), 1);
	CHECK_IS(finish(&out).code, 0);
	for (int i = 0; i < 3; i++) {
		CHECK_IS(rs_hung_up(out.ends[i].write), 1);
		CHECK_IS(rs_close(out.ends[i].write), 0);
	}
	for (int i = 1; i < 3; i++)
		CHECK_IS(rs_close(out.ends[i].read), 0);
}

int main(void)
{
	int before;

	engine_up();
	before = fd_count();
	socket_goes_both_ways();
	socket_buffers_as_much_as_asked();
	no_signal_tells_of_a_lost_reader();
	an_end_tells_that_nobody_has_the_other();
	socket_ends_in_each_direction();
	raw_ends_block();
	pty_is_a_terminal();
	pty_belongs_to_whom_it_was_made_for();
	keeps_out_of_the_way();
	gives_fds_away();
	says_when_fds_run_out(RS_SLOT_SOCKET, 4);
	says_when_fds_run_out(RS_SLOT_PTY, 4);
	works_while_stdio_is_closed();
	CHECK_IS(fd_count(), before);
	CHECK(has_no_children());
	rs_engine_close(engine);
	return 0;
}
