/* A machine without /dev/null: a slot that needs it fails, and nothing else. Needs root. */
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "test.h"

static struct req *req_piped(void)
{
	struct req *r = req_new(beside_me("show"));

	slot(r, 1, RS_SLOT_PIPE_OUT, 0);
	return r;
}

int main(void)
{
	struct req *r;
	int before;

	if (geteuid() != 0)
		SKIP("it takes root to hide /dev/null");
	CHECK(unshare(CLONE_NEWNS) == 0);
	CHECK(mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0);
	CHECK(mount("none", "/dev", "tmpfs", 0, NULL) == 0);
	engine_up();
	before = fd_count();
	CHECK_SHOWS(shown(req_piped()), "fds", "1");
	r = req_piped();
	slot(r, 2, RS_SLOT_NULL, 0);
	CHECK_FAILS(spawn(r), ENOENT, RS_STEP_STDIO, 1);
	CHECK_IS(fd_count(), before);

	CHECK(mknod("/dev/null", S_IFCHR | 0666, makedev(1, 3)) == 0);
	r = req_piped();
	slot(r, 2, RS_SLOT_NULL, 0);
	CHECK_SHOWS(shown(r), "fd2", "/dev/null");
	CHECK_IS(fd_count(), before + 1);
	CHECK(has_no_children());
	rs_engine_close(engine);
	return 0;
}
