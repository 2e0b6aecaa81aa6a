/* executor: vfork
 * A program with thousands of open fds: a child's table is no longer than with few, and the child
 * has what its slots say. */
#include <sys/resource.h>

#include "chain.h"
#include "engine.h"
#include "pipe.h"
#include "request.h"
#include "test.h"

enum { MANY = 3000, KEPT = 3 };

static int filler[MANY];

static void open_many(void)
{
	struct rlimit limit;

	CHECK(getrlimit(RLIMIT_NOFILE, &limit) == 0);
	limit.rlim_cur = MANY + 500;
	if (limit.rlim_max < limit.rlim_cur)
		SKIP("it takes %d fds", MANY + 500);
	CHECK(setrlimit(RLIMIT_NOFILE, &limit) == 0);
	for (int i = 0; i < MANY; i++)
		CHECK((filler[i] = fcntl(0, F_DUPFD_CLOEXEC, 3)) > 0);
}

static void add_pipes(struct req *r, int count)
{
	for (int target = 0; target < count; target++)
		slot(r, target, target == 0 ? RS_SLOT_PIPE_IN : RS_SLOT_PIPE_OUT, 0);
}

/* The first fd number that the child's table does not have. Frees the request. */
static uint32_t end_of_table(struct req *r)
{
	struct rs_outcome out = { .size = sizeof(out) };
	struct request request;
	struct chain chain;
	uint32_t len;
	int cgroup_fd;
	char *block = req_block(r, &len);

	CHECK_IS(request_parse(&request, block, len, &out), 0);
	CHECK_IS(pipe_open(&request, engine, &cgroup_fd, &out), 0);
	low_fds_use(&engine->low, &request);
	chain_build(&chain, &request, engine, cgroup_fd);
	low_fds_leave(&engine->low);
	pipe_close_child_ends(&request, cgroup_fd);
	pipe_close_parent_ends(&request);
	request_free(&request);
	free(block);
	free(r);
	return chain.birth.fds_end;
}

static void table_is_short(void)
{
	struct req *r;

	for (int pipes = 0; pipes <= KEPT; pipes++) {
		r = req_new("/bin/true");
		add_pipes(r, pipes);
		CHECK(end_of_table(r) < 64);
	}
	/* What has no room is copied with the whole table. */
	r = req_new("/bin/true");
	add_pipes(r, KEPT + 1);
	CHECK(end_of_table(r) > MANY);
	r = req_new("/bin/true");
	slot(r, 0, RS_SLOT_FD, filler[MANY - 1]);
	slot(r, 1, RS_SLOT_FD, filler[MANY - 1]);
	CHECK(end_of_table(r) < 64);
}

static void child_has_its_fds(void)
{
	struct req *r = req_new("/bin/sh");
	struct rs_outcome out;
	char line[16];

	put(&r->argv, "-c");
	put(&r->argv, "read x; echo \"out $x\"; echo err >&2");
	add_pipes(r, 3);
	out = spawn_ok(r);
	CHECK_IS(rs_write(out.ends[0].write, "in\n", 3), 3);
	CHECK_IS(rs_close(out.ends[0].write), 0);
	CHECK(strcmp(drain(out.ends[1].read), "out in\n") == 0);
	CHECK_IS(poll(&(struct pollfd){ .fd = out.ends[2].read, .events = POLLIN }, 1, 30000), 1);
	CHECK_IS(rs_read(out.ends[2].read, line, sizeof(line)), 4);
	CHECK_IS(rs_close(out.ends[2].read), 0);
	CHECK_IS(finish(&out).code, 0);
}

/* A kept number may be what a slot aims at. */
static void every_number_may_be_a_target(void)
{
	int root = open("/", O_PATH | O_CLOEXEC);

	for (int i = 0; i < KEPT; i++) {
		int target = engine->low.kept[i];
		struct req *r = req_new(beside_me("show"));
		const char *text;
		char key[16], want[32];

		slot(r, 1, RS_SLOT_PIPE_OUT, 0);
		slot(r, 2, RS_SLOT_FD, filler[MANY - 1]);
		slot(r, target, RS_SLOT_FD, root);
		CHECK(target > 2);
		text = shown(r);
		snprintf(want, sizeof(want), "1 2 %d", target);
		CHECK_SHOWS(text, "fds", want);
		snprintf(key, sizeof(key), "fd%d", target);
		CHECK_SHOWS(text, key, "/");
		CHECK_SHOWS(text, "fd2", "/dev/null");
	}
	close(root);
}

static void numbers_are_kept(void)
{
	for (int i = 0; i < KEPT; i++) {
		char link[64], path[64];
		ssize_t length;

		CHECK(engine->low.kept[i] > 2 && engine->low.kept[i] < 64);
		CHECK_IS(fcntl(engine->low.kept[i], F_GETFD), FD_CLOEXEC);
		snprintf(link, sizeof(link), "/proc/self/fd/%d", engine->low.kept[i]);
		length = readlink(link, path, sizeof(path) - 1);
		CHECK(length > 0);
		path[length] = 0;
		CHECK(strcmp(path, "/dev/null") == 0);
	}
	CHECK_IS(engine->low.used, 0);
}

/* Without low numbers it works as well. */
static void engine_that_is_opened_late(void)
{
	struct rs_engine *early = engine;

	CHECK_IS(rs_engine_open(&engine), 0);
	CHECK_IS(engine->low.kept[0], -1);
	child_has_its_fds();
	rs_engine_close(engine);
	engine = early;
}

int main(void)
{
	struct req *r;
	int before;

	engine_up();
	if (!engine->small_tables)
		SKIP("this kernel copies whole tables");
	open_many();
	before = fd_count();
	table_is_short();
	child_has_its_fds();
	every_number_may_be_a_target();
	numbers_are_kept();
	r = req_new("/nonexistent");
	add_pipes(r, 3);
	CHECK_FAILS(spawn(r), ENOENT, RS_STEP_FILE, 0);
	numbers_are_kept();
	engine_that_is_opened_late();
	CHECK_IS(fd_count(), before);
	CHECK(has_no_children());
	rs_engine_close(engine);
	return 0;
}
