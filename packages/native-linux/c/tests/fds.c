/* Each fd of the child is what its slot says, whatever numbers the parent and the child use, and
 * there are no others. */
#include <sys/resource.h>
#include <sys/stat.h>

#include "test.h"

/* Distinct files, to be told apart in the child by name. */
static int file_at(int fd, const char *name)
{
	char path[64];
	int opened;

	snprintf(path, sizeof(path), "/tmp/rs-fds-%d-%s", getpid(), name);
	opened = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	CHECK(opened >= 0);
	if (opened != fd) {
		CHECK(dup3(opened, fd, O_CLOEXEC) == fd);
		close(opened);
	}
	return fd;
}

static const char *path_of(const char *name)
{
	static char path[8][64];
	static int turn;

	turn = (turn + 1) % 8;
	snprintf(path[turn], sizeof(path[turn]), "/tmp/rs-fds-%d-%s", getpid(), name);
	return path[turn];
}

static struct req *show_with_pipe_only(void)
{
	return req_new(beside_me("show"));
}

static void swaps(void)
{
	struct req *r = show_with_pipe_only();
	const char *text;

	file_at(20, "a");
	file_at(21, "b");
	slot(r, 1, RS_SLOT_PIPE_OUT, 0);
	slot(r, 20, RS_SLOT_FD, 21);
	slot(r, 21, RS_SLOT_FD, 20);
	text = shown(r);
	CHECK_SHOWS(text, "fds", "1 20 21");
	CHECK_SHOWS(text, "fd20", path_of("b"));
	CHECK_SHOWS(text, "fd21", path_of("a"));
	/* the parent's own are as they were */
	CHECK(fcntl(20, F_GETFD) == FD_CLOEXEC && fcntl(21, F_GETFD) == FD_CLOEXEC);
}

static void turns_a_cycle_of_five(void)
{
	struct req *r = show_with_pipe_only();
	const char *text, *names = "abcde";
	char name[2] = "", key[8];

	for (int i = 0; i < 5; i++) {
		name[0] = names[i];
		file_at(30 + i, name);
	}
	slot(r, 1, RS_SLOT_PIPE_OUT, 0);
	for (int i = 0; i < 5; i++)
		slot(r, 30 + i, RS_SLOT_FD, 30 + (i + 1) % 5);
	text = shown(r);
	for (int i = 0; i < 5; i++) {
		name[0] = names[(i + 1) % 5];
		snprintf(key, sizeof(key), "fd%d", 30 + i);
		CHECK_SHOWS(text, key, path_of(name));
	}
}

static void gives_one_fd_many_times(void)
{
	struct req *r = show_with_pipe_only();
	const char *text;

	file_at(20, "a");
	file_at(21, "b");
	slot(r, 1, RS_SLOT_PIPE_OUT, 0);
	slot(r, 19, RS_SLOT_FD, 20);
	slot(r, 20, RS_SLOT_FD, 20); /* itself: only close-on-exec must go */
	slot(r, 21, RS_SLOT_FD, 20);
	slot(r, 22, RS_SLOT_FD, 21); /* whose number is overwritten by the one before */
	text = shown(r);
	CHECK_SHOWS(text, "fds", "1 19 20 21 22");
	CHECK_SHOWS(text, "fd19", path_of("a"));
	CHECK_SHOWS(text, "fd20", path_of("a"));
	CHECK_SHOWS(text, "fd21", path_of("a"));
	CHECK_SHOWS(text, "fd22", path_of("b"));
}

static void keeps_its_own_fds_out_of_the_way(void)
{
	struct req *r = show_with_pipe_only();
	const char *text;
	char key[16];

	/* The pipes and files of the spawn land on the lowest free numbers, which are targets here.
	 */
	slot(r, 0, RS_SLOT_NULL, 0);
	slot(r, 1, RS_SLOT_PIPE_OUT, 0);
	for (int fd = 3; fd < 40; fd++)
		if (fd % 3 == 0)
			slot(r, fd, RS_SLOT_NULL, 0);
		else if (fd % 3 == 1)
			slot_file(r, fd, "/proc/version", O_RDONLY, 0);
		else
			slot(r, fd, RS_SLOT_FD, 2);
	text = shown(r);
	for (int fd = 3; fd < 40; fd++) {
		snprintf(key, sizeof(key), "fd%d", fd);
		if (fd % 3 == 0)
			CHECK_SHOWS(text, key, "/dev/null");
		else if (fd % 3 == 1)
			CHECK_SHOWS(text, key, "/proc/version");
	}
	CHECK(strncmp(value(text, "fds"), "0 1 3 4 5", 9) == 0);
}

static void has_256_pipes(void)
{
	struct req *r = show_with_pipe_only();
	struct rs_outcome out;
	const char *text;
	int count = 0;

	for (int fd = 0; fd < (int)RS_MAX_SLOTS; fd++)
		slot(r, fd, fd == 1 || fd % 2 ? RS_SLOT_PIPE_OUT : RS_SLOT_PIPE_IN, 0);
	out = spawn_ok(r);
	text = value(drain(out.ends[1].read), "fds");
	for (const char *p = text; *p != 0; p++)
		count += *p == ' ';
	CHECK_IS(count + 1, RS_MAX_SLOTS);
	CHECK_IS(finish(&out).code, 0);
	for (int i = 0; i < (int)RS_MAX_SLOTS; i++)
		if (i != 1)
			CHECK_IS(rs_close(i % 2 ? out.ends[i].read : out.ends[i].write), 0);
}

static void takes_high_numbers(void)
{
	struct req *r = show_with_pipe_only();
	const char *text;

	file_at(9, "nine");
	file_at(255, "high");
	slot(r, 1, RS_SLOT_PIPE_OUT, 0);
	slot(r, 9, RS_SLOT_FD, 255);
	slot(r, 255, RS_SLOT_FD, 9);
	text = shown(r);
	CHECK_SHOWS(text, "fds", "1 9 255");
	CHECK_SHOWS(text, "fd9", path_of("high"));
	CHECK_SHOWS(text, "fd255", path_of("nine"));

	r = show_with_pipe_only();
	slot(r, 1, RS_SLOT_PIPE_OUT, 0);
	slot(r, 1 << 30, RS_SLOT_NULL, 0);
	CHECK_FAILS(spawn(r), EBADF, RS_STEP_FDS, 1);
}

static void works_while_stdio_is_closed(void)
{
	int kept[3];
	struct req *r;
	const char *text;
	struct rs_outcome out;
	struct rs_engine *outer = engine;

	for (int i = 0; i < 3; i++) {
		kept[i] = fcntl(i, F_DUPFD_CLOEXEC, 100);
		close(i);
	}
	/* An engine and pipes that are made while 0 to 2 are closed do not become the program's
	 * stdio.
	 */
	engine_up();
	r = show_with_pipe_only();
	slot(r, 0, RS_SLOT_NULL, 0);
	slot(r, 1, RS_SLOT_PIPE_OUT, 0);
	slot(r, 2, RS_SLOT_NULL, 0);
	out = spawn_ok(r);
	CHECK(out.ends[1].read > 2);
	text = drain(out.ends[1].read);
	CHECK_SHOWS(text, "fds", "0 1 2");
	CHECK_SHOWS(text, "fd0", "/dev/null");
	CHECK_IS(finish(&out).code, 0);

	/* To inherit a closed fd is an error. The child does not get another file of that number.
	 */
	r = show_with_pipe_only();
	slot(r, 0, RS_SLOT_FD, 0);
	slot(r, 1, RS_SLOT_PIPE_OUT, 0);
	slot(r, 2, RS_SLOT_FD, 2);
	CHECK_FAILS(spawn(r), EBADF, RS_STEP_STDIO, 0);
	rs_engine_close(engine);
	engine = outer;
	for (int i = 0; i < 3; i++) {
		dup2(kept[i], i);
		close(kept[i]);
	}
}

static void opens_files(void)
{
	const char *path = path_of("written");
	struct req *r = req_new("/bin/sh");
	struct rs_outcome out;
	struct stat st;
	char text[64];
	FILE *file;

	put(&r->argv, "-c");
	put(&r->argv, "read x; echo \"got $x\"; echo err >&2");
	slot_file(r, 0, "/proc/sys/kernel/ostype", O_RDONLY, 0);
	slot_file(r, 1, path, O_WRONLY | O_CREAT | O_TRUNC, 0640);
	slot(r, 2, RS_SLOT_PIPE_OUT, 0);
	umask(022);
	out = spawn_ok(r);
	CHECK(strcmp(drain(out.ends[2].read), "err\n") == 0);
	CHECK_IS(finish(&out).code, 0);
	file = fopen(path, "r");
	CHECK(file != NULL && fgets(text, sizeof(text), file) != NULL);
	fclose(file);
	CHECK(strcmp(text, "got Linux\n") == 0);
	CHECK(stat(path, &st) == 0 && (st.st_mode & 0777) == 0640);

	r = show_with_pipe_only();
	slot(r, 1, RS_SLOT_PIPE_OUT, 0);
	slot_file(r, 2, "/nonexistent/file", O_RDONLY, 0);
	CHECK_FAILS(spawn(r), ENOENT, RS_STEP_STDIO, 1);
}

static void refuses_closed_fds(void)
{
	struct req *r = show_with_pipe_only();

	slot(r, 0, RS_SLOT_PIPE_IN, 0);
	slot(r, 1, RS_SLOT_FD, 999);
	CHECK_FAILS(spawn(r), EBADF, RS_STEP_STDIO, 1);
	r = show_with_pipe_only();
	slot(r, 0, RS_SLOT_FD, -1);
	CHECK_FAILS(spawn(r), EBADF, RS_STEP_STDIO, 0);
}

static void closes_what_was_not_asked_for(void)
{
	int plain = open("/proc/version", O_RDONLY); /* not close-on-exec */
	struct req *r = req_show();
	const char *text = shown(r);
	char key[16];

	CHECK_SHOWS(text, "fds", "0 1 2");
	r = req_show();
	r->head.flags |= RS_F_KEEP_FDS;
	text = shown(r);
	snprintf(key, sizeof(key), "fd%d", plain);
	CHECK_SHOWS(text, key, "/proc/version");
	/* The engine's own fds and those of file_at are close-on-exec, so the child has none of
	 * them. */
	for (int fd = 3; fd < 300; fd++) {
		snprintf(key, sizeof(key), "\nfd%d ", fd);
		if (fd != plain && fcntl(fd, F_GETFD) >= 0 && (fcntl(fd, F_GETFD) & FD_CLOEXEC))
			CHECK(strstr(text, key) == NULL);
	}
	close(plain);
}

/* The child's table is cut at its birth: its next open must still get the lowest free number. */
static void gives_a_clean_table(void)
{
	struct rs_outcome out;
	struct req *r;
	int first = 300;

	for (int i = 0; i < 500; i++)
		CHECK(fcntl(0, F_DUPFD_CLOEXEC, first) >= first);
	for (int i = 0; i < 2; i++) {
		r = req_new("/bin/sh");
		put(&r->argv, "-c");
		put(&r->argv,
		    "exec 7</dev/null; ls /proc/self/fd | tr '\\n' ' '; for i in 1 2 3; do :; done");
		slot(r, 0, RS_SLOT_NULL, 0);
		slot(r, 1, RS_SLOT_PIPE_OUT, 0);
		slot(r, 2, RS_SLOT_FD, 2);
		if (i == 1) /* across a word of the table's bitmap */
			slot(r, 70, RS_SLOT_NULL, 0);
		r->head.flags |= RS_F_INHERIT_ENV;
		out = spawn_ok(r);
		/* 3 is the directory that ls reads. */
		CHECK(strcmp(drain(out.ends[1].read), i == 0 ? "0 1 2 3 7 " : "0 1 2 3 7 70 ") ==
		      0);
		CHECK_IS(finish(&out).code, 0);
	}
	for (int fd = first; fd < first + 600; fd++)
		close(fd);
}

static void has_started_with_room(struct req *r)
{
	struct rs_outcome out = spawn_ok(r);

	close(out.ends[0].write);
	CHECK_SHOWS(drain(out.ends[1].read), "fds", "0 1 2");
	finish(&out);
}

static void says_when_fds_run_out(void)
{
	struct few_fds few;
	struct req *r;

	for (int room = 0; room < 6; room++) {
		int count = fd_count();

		leave_fds(&few, room);
		r = show_with_pipe_only();
		slot(r, 0, RS_SLOT_PIPE_IN, 0);
		slot(r, 1, RS_SLOT_PIPE_OUT, 0);
		slot(r, 2, RS_SLOT_FD, 2);
		if (room < 2)
			CHECK_FAILS(spawn(r), EMFILE, RS_STEP_STDIO, 0);
		else if (room < 4)
			CHECK_FAILS(spawn(r), EMFILE, RS_STEP_STDIO, 1);
		else if (room < 5)
			CHECK_FAILS(spawn(r), EMFILE, RS_STEP_BIRTH,
				    0); /* no number for the pidfd */
		else
			has_started_with_room(r);
		leave_all_fds(&few);
		CHECK_IS(fd_count(), count);
	}
}

/* The caller has closed an fd, and the engine that is opened then has got the number. */
static void number_that_an_engine_has_got(void)
{
	struct rs_engine *own;
	struct rs_outcome out = { .size = sizeof(out) };
	struct req *r = req_new("/bin/true");
	int fd = dup(1);
	uint32_t len;
	char *block;

	CHECK(fd > 2 && close(fd) == 0);
	CHECK_IS(rs_engine_open(&own), 0);
	CHECK(fcntl(fd, F_GETFD) >= 0);
	slot(r, 1, RS_SLOT_FD, fd);
	block = req_block(r, &len);
	CHECK_IS(rs_spawn(own, block, len, &out), 0);
	CHECK_IS(out.error, EBADF);
	CHECK_IS(out.step, RS_STEP_STDIO);
	free(block);
	free(r);
	rs_engine_close(own);
	/* Another file may have the number then. */
	CHECK(dup2(1, fd) == fd);
	r = req_new("/bin/true");
	slot(r, 1, RS_SLOT_FD, fd);
	out = spawn_ok(r);
	CHECK_IS(finish(&out).code, 0);
	close(fd);
}

int main(void)
{
	int before;
	char command[64];

	engine_up();
	before = fd_count();
	works_while_stdio_is_closed();
	says_when_fds_run_out();
	keeps_its_own_fds_out_of_the_way();
	has_256_pipes();
	opens_files();
	refuses_closed_fds();
	closes_what_was_not_asked_for();
	CHECK_IS(fd_count(), before);
	swaps();
	turns_a_cycle_of_five();
	gives_one_fd_many_times();
	takes_high_numbers();
	gives_a_clean_table();
	number_that_an_engine_has_got();
	for (int fd = 20; fd < 40; fd++)
		close(fd);
	close(9);
	close(255);
	CHECK_IS(fd_count(), before);
	CHECK(has_no_children());
	rs_engine_close(engine);
	snprintf(command, sizeof(command), "rm -f /tmp/rs-fds-%d-*", getpid());
	return system(command) != 0;
}
