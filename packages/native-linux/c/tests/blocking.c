/* Fds that the parent uses without blocking, and its children with. */
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include "test.h"

static int is_nonblocking(int fd)
{
	int flags = fcntl(fd, F_GETFL);

	CHECK(flags >= 0);
	return (flags & O_NONBLOCK) != 0;
}

static void set_flags(int fd, int flags)
{
	CHECK(fcntl(fd, F_SETFL, flags) == 0);
}

/* What show says of `given` at `target`, beside the pipe at 1 (or at 4) in which it says that. */
static const char *shown_at(int target, int given)
{
	struct req *r = req_new("/bin/sh");
	struct rs_outcome out;
	const char *text;
	int i = target < 4;

	put(&r->argv, "-c");
	put(&r->argv, "exec ./show >&4");
	if (!i)
		slot(r, 4, RS_SLOT_PIPE_OUT, 0);
	slot(r, target, RS_SLOT_FD, given);
	if (i)
		slot(r, 4, RS_SLOT_PIPE_OUT, 0);
	out = spawn_ok(r);
	text = drain(out.ends[i].read);
	CHECK_IS(finish(&out).code, 0);
	return text;
}

static const char *flags_at(int target, int given)
{
	char key[32];
	int count = fd_count();
	const char *text = shown_at(target, given);

	snprintf(key, sizeof(key), "fd%d.flags", target);
	CHECK_IS(fd_count(), count);
	return value(text, key);
}

/* Both ends of an anonymous pipe, wherever they go. */
static void pipe_blocks_in_the_child_alone(void)
{
	const int targets[] = { 0, 2, 3, 7 };
	int fds[2];

	CHECK(pipe2(fds, O_CLOEXEC | O_NONBLOCK) == 0);
	for (int i = 0; i < 4; i++) {
		CHECK(strcmp(flags_at(targets[i], fds[0]), "0 block") == 0);
		CHECK(strcmp(flags_at(targets[i], fds[1]), "1 block") == 0);
		CHECK(is_nonblocking(fds[0]) && is_nonblocking(fds[1]));
	}
	close(fds[0]);
	close(fds[1]);
}

/* More than a pipe holds, to a reader that comes late; and the end of it, although the parent had
 * the pipe open under a description of its own. */
static void all_of_the_output_arrives(void)
{
	struct req *r = req_new("/bin/sh");
	struct rs_outcome out;
	int fds[2];

	put(&r->argv, "-c");
	put(&r->argv, "i=0; while [ $i -lt 40000 ]; do echo line; i=$((i+1)); done");
	CHECK(pipe2(fds, O_CLOEXEC | O_NONBLOCK) == 0);
	slot(r, 1, RS_SLOT_FD, fds[1]);
	slot(r, 2, RS_SLOT_FD, 2);
	out = spawn_ok(r);
	close(fds[1]);
	usleep(200 * 1000);
	CHECK_IS(strlen(drain(fds[0])), 200000);
	CHECK_IS(finish(&out).code, 0);
}

/* A FIFO that has no name any more: its read end, and its write end. */
static void open_fifo(int fds[2])
{
	char dir[] = "fifo-XXXXXX", path[64];

	CHECK(mkdtemp(dir) != NULL);
	snprintf(path, sizeof(path), "%s/fifo", dir);
	CHECK(mkfifo(path, 0600) == 0);
	fds[0] = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	fds[1] = open(path, O_WRONLY | O_NONBLOCK | O_CLOEXEC);
	CHECK(fds[0] >= 0 && fds[1] >= 0);
	CHECK(unlink(path) == 0 && rmdir(dir) == 0);
}

static void fifo_blocks_in_the_child_alone(void)
{
	int fds[2];

	open_fifo(fds);
	CHECK(strcmp(flags_at(5, fds[0]), "0 block") == 0);
	CHECK(strcmp(flags_at(1, fds[1]), "1 block") == 0);
	CHECK(is_nonblocking(fds[0]) && is_nonblocking(fds[1]));

	/* Without a reader it cannot be opened for writing, and the description is shared. */
	close(fds[0]);
	CHECK(strcmp(flags_at(5, fds[1]), "1 nonblock") == 0);
	CHECK(is_nonblocking(fds[1]));
	CHECK(strcmp(flags_at(2, fds[1]), "1 block") == 0);
	CHECK(!is_nonblocking(fds[1]));
	close(fds[1]);
}

/* What else the description has besides O_NONBLOCK. */
static void other_flags_stay(void)
{
	int fds[2];

	CHECK(pipe2(fds, O_CLOEXEC | O_NONBLOCK | O_DIRECT) == 0);
	CHECK(strcmp(flags_at(5, fds[1]), "1 block direct") == 0);
	CHECK(is_nonblocking(fds[1]));
	close(fds[0]);
	close(fds[1]);
}

static void terminal_blocks_in_the_child_alone(void)
{
	int master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC), terminal;
	unsigned int number;
	char path[64];

	CHECK(master >= 0 && grantpt(master) == 0 && unlockpt(master) == 0);
	CHECK(ioctl(master, TIOCGPTN, &number) == 0);
	snprintf(path, sizeof(path), "/dev/pts/%u", number);
	terminal = open(path, O_RDWR | O_NOCTTY | O_CLOEXEC | O_NONBLOCK);
	CHECK(terminal >= 0);
	for (int target = 0; target < 6; target += 5) {
		const char *text = shown_at(target, terminal);

		CHECK_SHOWS(text, target == 0 ? "fd0" : "fd5", path);
		CHECK_SHOWS(text, target == 0 ? "fd0.flags" : "fd5.flags", "2 block");
		CHECK_SHOWS(text, "tty", "no");
	}
	CHECK(is_nonblocking(terminal));

	/* To open the other side would make another terminal. */
	set_flags(master, O_NONBLOCK);
	CHECK(strcmp(flags_at(5, master), "2 nonblock") == 0);
	CHECK(is_nonblocking(master));
	CHECK(strcmp(flags_at(0, master), "2 block") == 0);
	CHECK(!is_nonblocking(master));
	close(terminal);
	close(master);
}

static void socket_is_shared(void)
{
	int fds[2];

	CHECK(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, fds) == 0);
	CHECK(strcmp(flags_at(5, fds[0]), "2 nonblock") == 0);
	CHECK(is_nonblocking(fds[0]));
	CHECK(strcmp(flags_at(0, fds[0]), "2 block") == 0);
	CHECK(!is_nonblocking(fds[0]));
	CHECK(is_nonblocking(fds[1]));
	close(fds[0]);
	close(fds[1]);
}

/* What was opened for the child is closed after a failure, and what was given stays open. */
static void failure_leaves_nothing(void)
{
	int fds[2], count;

	CHECK(pipe2(fds, O_CLOEXEC | O_NONBLOCK) == 0);
	count = fd_count();
	for (int give = 0; give < 2; give++) {
		struct req *r = req_new("/nonexistent");

		slot(r, 1, RS_SLOT_FD, fds[1])->flags = give ? RS_SLOT_GIVEN : 0;
		CHECK_FAILS(spawn(r), ENOENT, RS_STEP_FILE, 0);
		CHECK_IS(fd_count(), count);
		CHECK(is_nonblocking(fds[1]));
	}
	close(fds[0]);
	close(fds[1]);
}

/* What is given away is closed here, and blocks in the child. */
static void given_fd_blocks(void)
{
	struct req *r = req_show();
	struct rs_outcome out;
	const char *text;
	int fds[2];

	CHECK(pipe2(fds, O_CLOEXEC | O_NONBLOCK) == 0);
	slot(r, 5, RS_SLOT_FD, fds[0])->flags = RS_SLOT_GIVEN;
	out = spawn_ok(r);
	text = drain(out.ends[1].read);
	CHECK_SHOWS(text, "fd5.flags", "0 block");
	CHECK_IS(finish(&out).code, 0);
	CHECK(fcntl(fds[0], F_GETFD) < 0 && errno == EBADF);
	close(fds[1]);
}

int main(void)
{
	int before;

	engine_up();
	before = fd_count();
	pipe_blocks_in_the_child_alone();
	all_of_the_output_arrives();
	fifo_blocks_in_the_child_alone();
	other_flags_stay();
	terminal_blocks_in_the_child_alone();
	socket_is_shared();
	failure_leaves_nothing();
	given_fd_blocks();
	CHECK_IS(fd_count(), before);
	CHECK(has_no_children());
	rs_engine_close(engine);
	return 0;
}
