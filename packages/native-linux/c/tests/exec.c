/* Candidates are searched as execvp does it, and the outcome names the right one with its errno. */
#include <sys/resource.h>
#include <sys/stat.h>

#include "test.h"

static char home[64];

static const char *at(const char *name)
{
	static char path[8][256];
	static int turn;

	turn = (turn + 1) % 8;
	snprintf(path[turn], sizeof(path[turn]), "%s/%s", home, name);
	return path[turn];
}

static const char *script(const char *name, const char *text, int mode)
{
	const char *path = at(name);
	FILE *file = fopen(path, "w");

	CHECK(file != NULL);
	fputs(text, file);
	fclose(file);
	CHECK(chmod(path, (mode_t)mode) == 0);
	return path;
}

/* A request with these candidates; slot 1 is a pipe. */
static struct req *of(const char *a, const char *b, const char *c)
{
	struct req *r = req_new(a);

	if (b != NULL)
		put(&r->candidates, b);
	if (c != NULL)
		put(&r->candidates, c);
	slot(r, 0, RS_SLOT_NULL, 0);
	slot(r, 1, RS_SLOT_PIPE_OUT, 0);
	slot(r, 2, RS_SLOT_FD, 2);
	return r;
}

static void goes_on_in_the_path(void)
{
	const char *closed = script("closed", "#!/bin/sh\n", 0644);
	struct req *r;

	/* ENOENT, ENOTDIR and EACCES are about one place of the path. */
	r = of("/nonexistent/show", "/proc/version/show", closed);
	put(&r->candidates, beside_me("show"));
	CHECK_SHOWS(shown(r), "argc", "1");
	r = of(beside_me("show"), "/nonexistent", NULL);
	CHECK_SHOWS(shown(r), "argc", "1");
}

static void reports_the_most_telling_error(void)
{
	const char *closed = script("closed", "#!/bin/sh\n", 0644);
	const char *orphan = script("orphan", "#!/nonexistent/interpreter\n", 0755);
	char long_name[5000];

	CHECK_FAILS(spawn(of("/nonexistent", NULL, NULL)), ENOENT, RS_STEP_FILE, 0);
	CHECK_FAILS(spawn(of("", NULL, NULL)), ENOENT, RS_STEP_FILE, 0);
	CHECK_FAILS(spawn(of("/proc/version/x", NULL, NULL)), ENOTDIR, RS_STEP_FILE, 0);
	CHECK_FAILS(spawn(of("/tmp", NULL, NULL)), EACCES, RS_STEP_FILE, 0); /* a directory */
	CHECK_FAILS(spawn(of(closed, NULL, NULL)), EACCES, RS_STEP_FILE, 0);
	CHECK_FAILS(spawn(of("/proc/version/x", "/nonexistent", NULL)), ENOTDIR, RS_STEP_FILE, 0);
	CHECK_FAILS(spawn(of("/nonexistent", closed, "/nonexistent")), EACCES, RS_STEP_FILE, 1);
	CHECK_FAILS(spawn(of("/nonexistent", closed, orphan)), ENOENT, RS_STEP_INTERPRETER, 2);
	CHECK_FAILS(spawn(of(orphan, NULL, NULL)), ENOENT, RS_STEP_INTERPRETER, 0);

	memset(long_name, 'x', sizeof(long_name) - 1);
	long_name[0] = '/';
	long_name[sizeof(long_name) - 1] = 0;
	CHECK_FAILS(spawn(of(long_name, beside_me("show"), NULL)), ENAMETOOLONG, RS_STEP_FILE, 0);
	CHECK(symlink("loop", at("loop")) == 0);
	CHECK_FAILS(spawn(of(at("loop"), beside_me("show"), NULL)), ELOOP, RS_STEP_FILE, 0);
	CHECK(symlink("/nonexistent", at("dangling")) == 0);
	CHECK_FAILS(spawn(of(at("dangling"), NULL, NULL)), ENOENT, RS_STEP_FILE, 0);
}

static void says_when_arguments_are_too_many(void)
{
	struct req *r = of(beside_me("show"), NULL, NULL);
	struct rlimit before, low;
	char *big = malloc(200 * 1024);

	memset(big, 'x', 200 * 1024 - 1); /* one string may have 128 KiB */
	big[200 * 1024 - 1] = 0;
	put(&r->argv, big);
	CHECK_FAILS(spawn(r), E2BIG, RS_STEP_FILE, 0);
	free(big);

	/* All strings together may have a quarter of the stack limit, and at least 128 KiB. */
	getrlimit(RLIMIT_STACK, &before);
	low = before;
	low.rlim_cur = 512 * 1024;
	setrlimit(RLIMIT_STACK, &low);
	r = of(beside_me("show"), NULL, NULL);
	for (int i = 0; i < 2000; i++)
		put(&r->argv,
		    "a hundred bytes, more or less, of an argument that is repeated until there is no more room for it");
	CHECK_FAILS(spawn(r), E2BIG, RS_STEP_FILE, 0);
	setrlimit(RLIMIT_STACK, &before);
}

static void says_when_the_file_is_busy(void)
{
	const char *path = at("busy");
	char command[1024];
	int fd;

	snprintf(command, sizeof(command), "cp /bin/true %s", path);
	CHECK(system(command) == 0);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	CHECK(fd >= 0);
	CHECK_FAILS(spawn(of(path, beside_me("show"), NULL)), ETXTBSY, RS_STEP_FILE, 0);
	close(fd);
}

static void falls_back_to_the_shell(void)
{
	const char *bare = script("bare", "echo \"$0 $# $1 $2\"\n", 0755);
	const char *empty = script("empty", "", 0755);
	struct rs_outcome out;
	struct req *r;
	char want[512];

	CHECK_FAILS(spawn(of(bare, NULL, NULL)), ENOEXEC, RS_STEP_FILE, 0);
	r = of("/nonexistent", bare, NULL);
	r->head.flags |= RS_F_SHELL_FALLBACK;
	put(&r->argv, "one");
	put(&r->argv, "t w o");
	out = spawn_ok(r);
	snprintf(want, sizeof(want), "%s 2 one t w o\n", bare);
	CHECK(strcmp(drain(out.ends[1].read), want) == 0);
	CHECK_IS(finish(&out).code, 0);

	r = of(empty, NULL, NULL);
	r->head.flags |= RS_F_SHELL_FALLBACK;
	out = spawn_ok(r);
	close(out.ends[1].read);
	CHECK_IS(finish(&out).code, 0);

	/* In a root without /bin/sh, the script is there and its interpreter is missing. */
	if (geteuid() == 0) {
		r = of("/bare", NULL, NULL);
		r->head.flags |= RS_F_SHELL_FALLBACK;
		r->root = home;
		CHECK_FAILS(spawn(r), ENOENT, RS_STEP_INTERPRETER, 0);
	}
}

static void counts_relative_candidates_from_the_cwd(void)
{
	struct req *r = of("./here", NULL, NULL);
	struct rs_outcome out;

	script("here", "#!/bin/sh\npwd\n", 0755);
	r->cwd = home;
	out = spawn_ok(r);
	CHECK(strncmp(drain(out.ends[1].read), home, strlen(home)) == 0);
	CHECK_IS(finish(&out).code, 0);
	r = of("./here", NULL, NULL);
	r->cwd = "/nonexistent";
	CHECK_FAILS(spawn(r), ENOENT, RS_STEP_CWD, 0);
	r = of("./here", NULL, NULL);
	r->cwd = "/proc/version";
	CHECK_FAILS(spawn(r), ENOTDIR, RS_STEP_CWD, 0);
}

int main(void)
{
	char command[128];
	int before;

	snprintf(home, sizeof(home), "/tmp/rs-exec-%d", getpid());
	CHECK(mkdir(home, 0755) == 0);
	engine_up();
	before = fd_count();
	goes_on_in_the_path();
	reports_the_most_telling_error();
	says_when_arguments_are_too_many();
	says_when_the_file_is_busy();
	falls_back_to_the_shell();
	counts_relative_candidates_from_the_cwd();
	CHECK_IS(fd_count(), before);
	CHECK(has_no_children());
	rs_engine_close(engine);
	snprintf(command, sizeof(command), "rm -rf %s", home);
	return system(command) != 0;
}
