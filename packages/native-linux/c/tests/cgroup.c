/* A child is born in the cgroup that the request names. A refusal of the cgroup has its own step.
 */
#include <sys/stat.h>

#include "test.h"

static const char *mounted(void)
{
	static char path[4096];
	char kind[64], line[8192];
	FILE *file = fopen("/proc/mounts", "r");

	while (file != NULL && fgets(line, sizeof(line), file) != NULL)
		if (sscanf(line, "%*s %4095s %63s", path, kind) == 2 &&
		    strcmp(kind, "cgroup2") == 0) {
			fclose(file);
			return path;
		}
	return NULL;
}

static struct req *show_cgroup(void)
{
	struct req *r = req_new("/bin/cat");

	put(&r->argv, "/proc/self/cgroup");
	slot(r, 1, RS_SLOT_PIPE_OUT, 0);
	return r;
}

int main(void)
{
	const char *top = mounted();
	char dir[4200], want[128];
	struct rs_outcome out;
	struct req *r;
	int fd, before;

	engine_up();
	before = fd_count();
	r = show_cgroup();
	r->cgroup = "/nonexistent";
	CHECK_FAILS(spawn(r), ENOENT, RS_STEP_CGROUP, 0);
	r = show_cgroup();
	r->cgroup = "/proc/version";
	CHECK_FAILS(spawn(r), ENOTDIR, RS_STEP_CGROUP, 0);
	r = show_cgroup();
	r->cgroup = "/tmp"; /* a directory, but no cgroup */
	CHECK_FAILS(spawn(r), EBADF, RS_STEP_CGROUP, 0);
	r = show_cgroup();
	r->head.set |= RS_SET_CGROUP_FD;
	r->head.cgroup_fd = 900;
	CHECK_FAILS(spawn(r), EBADF, RS_STEP_CGROUP, 0);
	CHECK_IS(fd_count(), before);

	if (top == NULL)
		SKIP("no cgroup v2 hierarchy is mounted");
	snprintf(dir, sizeof(dir), "%s/rs-test-%d", top, getpid());
	if (mkdir(dir, 0755) != 0)
		SKIP("no cgroup can be made in %s: %s", top, strerror(errno));
	snprintf(want, sizeof(want), "0::/rs-test-%d\n", getpid());
	for (int by_fd = 0; by_fd < 2; by_fd++) {
		r = show_cgroup();
		fd = -1;
		if (by_fd) {
			fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
			CHECK(fd >= 0);
			r->head.set |= RS_SET_CGROUP_FD;
			r->head.cgroup_fd = fd;
		} else {
			r->cgroup = dir;
		}
		out = spawn_ok(r);
		CHECK(strstr(drain(out.ends[0].read), want) != NULL);
		CHECK_IS(finish(&out).code, 0);
		if (fd >= 0)
			CHECK_IS(rs_close(fd), 0); /* the engine does not close the caller's fd */
	}
	CHECK(rmdir(dir) == 0);
	CHECK_IS(fd_count(), before);
	rs_engine_close(engine);
	return 0;
}
