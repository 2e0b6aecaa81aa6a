/* Programs that the kernel spares the death signal are refused, and no others are. Needs root. */
#include <sys/prctl.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/xattr.h>

#include "test.h"

enum { ID = 4242 };

/* Numbers of capabilities. */
enum { KILL = 5, SETUID = 7, SYS_ADMIN = 21 };

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

/* A script beside the tests that begins with these words. The path is to be freed. */
static char *make_script(const char *name, const char *before, const char *interpreter,
			 const char *after)
{
	char *path = strdup(beside_me(name));
	int fd;

	CHECK(path != NULL);
	unlink(path);
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL, 0755);
	CHECK(fd >= 0 && dprintf(fd, "#!%s%s%s", before, interpreter, after) > 0);
	close(fd);
	/* The kernel ignores these bits of a script. */
	CHECK(chown(path, ID, ID) == 0 && chmod(path, 06755) == 0);
	return path;
}

static void remove_script(char *path)
{
	CHECK(unlink(path) == 0);
	free(path);
}

static struct req *req_mortal_script(char *path)
{
	struct req *r = req_mortal(0);

	r->candidates.items[0] = path;
	return r;
}

static void check_script(const char *before, const char *interpreter, const char *after)
{
	char *script = make_script("script", before, interpreter, after);

	set_mode(0, 0, 0755);
	check_mortal(req_mortal_script(script));
	set_mode(ID, ID, 04755);
	check_refused(req_mortal_script(script));
	remove_script(script);
}

/* The privileges come from the interpreter of a script and not from the script. */
static void interpreter_of_a_script(void)
{
	check_script("", program, "\n");
	check_script("", program, "");
	check_script(" \t", program, "\t an argument \n");
}

/* The kernel follows five scripts in a row. What it does not execute is left to exec. */
static void interpreters_that_are_scripts(void)
{
	static const char *const names[] = { "script0", "script1", "script2",
					     "script3", "script4", "script5" };
	char *scripts[6];

	for (int i = 0; i < 6; i++)
		scripts[i] = make_script(names[i], "", i == 0 ? program : scripts[i - 1], "\n");
	set_mode(0, 0, 0755);
	check_mortal(req_mortal_script(scripts[4]));
	set_mode(ID, ID, 04755);
	check_refused(req_mortal_script(scripts[4]));
	CHECK_FAILS(spawn(req_mortal_script(scripts[5])), ELOOP, RS_STEP_FILE, 0);
	for (int i = 0; i < 6; i++)
		remove_script(scripts[i]);
}

static void scripts_that_exec_refuses(void)
{
	char spaces[300], *script;
	struct req *r;

	memset(spaces, ' ', sizeof(spaces) - 1);
	spaces[sizeof(spaces) - 1] = 0;
	set_mode(ID, ID, 04755);
	script = make_script("script", spaces, program, "\n");
	CHECK_FAILS(spawn(req_mortal_script(script)), ENOEXEC, RS_STEP_FILE, 0);
	remove_script(script);
	script = make_script("script", "", "", "\n");
	CHECK_FAILS(spawn(req_mortal_script(script)), ENOEXEC, RS_STEP_FILE, 0);
	remove_script(script);

	/* The search goes on after a script without its interpreter. */
	script = make_script("script", "", "/nonexistent", "\n");
	CHECK_FAILS(spawn(req_mortal_script(script)), ENOENT, RS_STEP_INTERPRETER, 0);
	r = req_mortal_script(script);
	put(&r->candidates, program);
	CHECK_FAILS(spawn(r), EPERM, RS_STEP_DIE_WITH_PARENT, 1);
	remove_script(script);
}

/* The interpreter is the one that the child finds, from its own cwd and inside its own root. */
static void interpreter_found_as_by_the_child(void)
{
	char *script = make_script("script", "", "./show-privileged", "\n");
	char dir[4096];
	struct req *r;

	strcpy(dir, program);
	*strrchr(dir, '/') = 0;
	set_mode(ID, ID, 04755);
	r = req_mortal_script(script);
	r->cwd = dir;
	check_refused(r);
	remove_script(script);
	script = make_script("script", "", "/show-privileged", "\n");
	r = req_mortal(0);
	r->candidates.items[0] = "/script";
	r->root = dir;
	check_refused(r);
	remove_script(script);
}

/* Takes these capabilities, a set of bits of the first 32, from our sets. */
static void drop(uint32_t effective, uint32_t permitted, uint32_t inheritable)
{
	uint32_t header[2] = { 0x20080522, 0 }, sets[6];

	CHECK(syscall(SYS_capget, header, sets) == 0);
	sets[0] &= ~effective;
	sets[1] &= ~permitted;
	sets[2] &= ~inheritable;
	CHECK(syscall(SYS_capset, header, sets) == 0);
}

static void check_spared(struct req *r)
{
	CHECK_FAILS(spawn(r), EPERM, RS_STEP_DIE_WITH_PARENT, UINT32_MAX);
}

/* What cannot be undone is done by a process of its own. */
static void in_a_process(void (*test)(void))
{
	pid_t pid = fork();
	int status;

	CHECK(pid >= 0);
	if (pid == 0) {
		engine_up();
		test();
		rs_engine_close(engine);
		_exit(0);
	}
	CHECK(waitpid(pid, &status, 0) == pid);
	CHECK_IS(status, 0);
}

/* At our end the kernel asks whether we may signal the child. */
static void without_cap_kill(void)
{
	drop(1u << KILL, 0, 0);
	check_spared(req_mortal(ID));
	check_mortal(req_mortal(0));
	CHECK(setresuid(ID, 0, 0) == 0);
	drop(1u << KILL, 0, 0);
	check_mortal(req_mortal(ID));
	check_spared(req_mortal(ID + 1));
}

/* Exec as root gives back what is in the bounding set, or inheritable. */
static void with_fewer_capabilities(void)
{
	struct req *r;

	drop(1u << SYS_ADMIN, 1u << SYS_ADMIN, 0);
	check_spared(req_mortal(0));
	check_mortal(req_mortal(ID));
	r = req_mortal(0);
	r->head.flags |= RS_F_NO_NEW_PRIVILEGES;
	check_mortal(r);
	CHECK(prctl(PR_CAPBSET_DROP, SYS_ADMIN) == 0);
	check_mortal(req_mortal(0));
}

/* Who is not root and may become it gains capabilities by exec as root. */
static void root_from_ambient_capabilities(void)
{
	const uint32_t kept = 1u << KILL | 1u << SETUID;
	uint32_t header[2] = { 0x20080522, 0 };
	const uint32_t sets[6] = { kept, kept, kept };
	struct req *r;

	CHECK(prctl(PR_SET_KEEPCAPS, 1) == 0 && setresuid(ID, ID, ID) == 0);
	CHECK(syscall(SYS_capset, header, sets) == 0);
	CHECK(prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, KILL, 0, 0) == 0);
	CHECK(prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, SETUID, 0, 0) == 0);
	r = req_mortal(0);
	r->head.set |= RS_SET_UID;
	check_spared(r);
	check_mortal(req_mortal(0));
}

/* Who has other ids may be kept from a file that we may execute, and executes the next. */
static void next_of_several(void)
{
	char *first = make_script("first", "", "/bin/true", "\n");
	struct req *r;

	set_mode(0, 0, 0755);
	CHECK(chmod(first, 0700) == 0 && chown(first, 0, 0) == 0);
	r = req_mortal_script(first);
	put(&r->candidates, program);
	r->head.set |= RS_SET_UID | RS_SET_GID;
	r->head.uid = r->head.gid = ID;
	check_mortal(r);

	set_mode(0, 0, 04755);
	r = req_mortal_script(first);
	put(&r->candidates, program);
	r->head.set |= RS_SET_UID | RS_SET_GID;
	r->head.uid = r->head.gid = ID;
	CHECK_FAILS(spawn(r), EPERM, RS_STEP_DIE_WITH_PARENT, 1);
	remove_script(first);
}

/* A file that others may execute, and we may not. */
static void not_ours_to_execute(void)
{
	char *first = make_script("first", "", "/bin/true", "\n");
	struct req *r;

	CHECK(chmod(first, 0700) == 0 && chown(first, 0, 0) == 0);
	set_mode(0, 0, 04755);
	CHECK(setresuid(ID, ID, ID) == 0);
	r = req_mortal_script(first);
	put(&r->candidates, program);
	CHECK_FAILS(spawn(r), EPERM, RS_STEP_DIE_WITH_PARENT, 1);
	free(first);
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
	interpreter_of_a_script();
	interpreters_that_are_scripts();
	scripts_that_exec_refuses();
	interpreter_found_as_by_the_child();
	next_of_several();
	in_a_process(not_ours_to_execute);
	set_mode(0, 0, 0755);
	in_a_process(without_cap_kill);
	in_a_process(with_fewer_capabilities);
	in_a_process(root_from_ambient_capabilities);
	CHECK_IS(fd_count(), before);
	CHECK(has_no_children());
	CHECK(unlink(program) == 0);
	rs_engine_close(engine);
	return 0;
}
