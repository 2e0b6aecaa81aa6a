/* Programs that the kernel spares the death signal are refused, and no others are. Needs root. */
#include <sys/prctl.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/xattr.h>

#include "test.h"

enum { ID = 4242 };

static char program[4096];

static void make_program(void)
{
	int from = open(beside_me("show"), O_RDONLY), to;
	struct stat file;

	strcpy(program, beside_me("show-privileged"));
	unlink(program);
	to = open(program, O_WRONLY | O_CREAT | O_EXCL, 0755);
	CHECK(from >= 0 && to >= 0 && fstat(from, &file) == 0);
	CHECK(sendfile(to, from, NULL, (size_t)file.st_size) == file.st_size);
	close(from);
	close(to);
}

static void set_mode(uid_t uid, gid_t gid, mode_t mode)
{
	CHECK(chown(program, uid, gid) == 0 && chmod(program, mode) == 0);
}

/* A child of these ids that is to die with its parent. */
static struct req *req_mortal(uid_t id)
{
	struct req *r = req_show();

	r->candidates.items[0] = program;
	r->head.set |= RS_SET_DIE_WITH_PARENT;
	r->head.die_signal = SIGTERM;
	if (id != 0) {
		r->head.set |= RS_SET_UID | RS_SET_GID;
		r->head.uid = r->head.gid = id;
	}
	return r;
}

static void check_refused(struct req *r)
{
	CHECK_FAILS(spawn(r), EPERM, RS_STEP_DIE_WITH_PARENT, 0);
}

static void check_mortal(struct req *r)
{
	CHECK_SHOWS(shown(r), "death", "15");
}

static void ids_of_the_file(void)
{
	struct req *r;

	check_mortal(req_mortal(0));
	check_mortal(req_mortal(ID));
	set_mode(ID, ID, 04755);
	check_refused(req_mortal(0));
	check_mortal(req_mortal(ID));
	r = req_mortal(0);
	r->head.flags |= RS_F_NO_NEW_PRIVILEGES;
	check_mortal(r);
	/* Who does not ask for the signal is not refused, and the kernel has taken none away. */
	r = req_mortal(0);
	r->head.set &= ~(uint32_t)RS_SET_DIE_WITH_PARENT;
	CHECK_SHOWS(shown(r), "uid", "0 4242 4242");

	set_mode(0, ID, 02755);
	check_refused(req_mortal(0));
	check_mortal(req_mortal(ID));
	set_mode(0, ID, 02745);
	check_mortal(req_mortal(0));
	set_mode(0, 0, 0755);
}

static void capabilities_of_the_file(void)
{
	/* CAP_NET_RAW, permitted and effective */
	const uint32_t net_raw[5] = { 0x02000001, 1u << 13 };
	struct req *r;

	if (setxattr(program, "security.capability", net_raw, sizeof(net_raw), 0) != 0)
		return;
	check_mortal(req_mortal(0));
	check_refused(req_mortal(ID));
	r = req_mortal(ID);
	r->head.flags |= RS_F_NO_NEW_PRIVILEGES;
	check_refused(r);
	CHECK(removexattr(program, "security.capability") == 0);
	check_mortal(req_mortal(ID));
}

/* The program that is looked at is the one that the child would run. */
static void found_as_by_the_child(void)
{
	struct req *r;
	char dir[4096];

	set_mode(ID, ID, 04755);
	strcpy(dir, program);
	*strrchr(dir, '/') = 0;
	r = req_mortal(0);
	r->candidates.items[0] = "/nonexistent/show";
	put(&r->candidates, "./show-privileged");
	r->cwd = dir;
	CHECK_FAILS(spawn(r), EPERM, RS_STEP_DIE_WITH_PARENT, 1);
	r = req_mortal(0);
	r->candidates.items[0] = "/../show-privileged";
	r->root = dir;
	check_refused(r);
	r = req_mortal(0);
	r->candidates.items[0] = "/nonexistent";
	CHECK_FAILS(spawn(r), ENOENT, RS_STEP_FILE, 0);
}

int main(void)
{
	int before;

	if (geteuid() != 0)
		SKIP("it takes root to make such programs");
	engine_up();
	make_program();
	before = fd_count();
	ids_of_the_file();
	capabilities_of_the_file();
	found_as_by_the_child();
	CHECK_IS(fd_count(), before);
	CHECK(has_no_children());
	CHECK(unlink(program) == 0);
	rs_engine_close(engine);
	return 0;
}
