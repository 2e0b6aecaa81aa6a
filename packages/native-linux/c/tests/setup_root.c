/* The steps that take privilege (ids, root, namespaces, raised limits), and what a change of ids
 * does to the shared memory. */
#include <grp.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "test.h"

static void ids(void)
{
	struct req *r;
	const char *text;
	gid_t mine[3] = { 0, 5, 7 };

	CHECK(setgroups(3, mine) == 0);
	r = req_show();
	r->head.set |= RS_SET_UID | RS_SET_GID | RS_SET_GROUPS;
	r->head.uid = 4242;
	r->head.gid = 4343;
	r->head.groups.count = 2;
	r->groups[0] = 10;
	r->groups[1] = 4294967294u - 1;
	text = shown(r);
	CHECK_SHOWS(text, "uid", "4242 4242 4242");
	CHECK_SHOWS(text, "gid", "4343 4343 4343");
	CHECK_SHOWS(text, "groups", "2 10 4294967293");

	/* The request says nothing about groups, and root's own are not passed on. */
	r = req_show();
	r->head.set |= RS_SET_UID;
	r->head.uid = 4242;
	text = shown(r);
	CHECK_SHOWS(text, "uid", "4242 4242 4242");
	CHECK_SHOWS(text, "gid", "0 0 0");
	CHECK_SHOWS(text, "groups", "0");
	CHECK_SHOWS(shown(req_show()), "groups", "3 0 5 7");
	r = req_show();
	r->head.set |= RS_SET_GROUPS;
	CHECK_SHOWS(shown(r), "groups", "0");

	CHECK_IS(getuid(), 0);
	CHECK_IS(getgroups(0, NULL), 3);
	CHECK(setgroups(0, NULL) == 0);

	r = req_show();
	r->head.set |= RS_SET_UID;
	r->head.uid =
		UINT32_MAX; /* -1 means "leave it": then it is not the id that was asked for */
	CHECK_FAILS(spawn(r), EINVAL, RS_STEP_REQUEST, 104);
}

/* Where nobody may drop groups they are kept, unless that was asked for. */
static void groups_of_a_user_namespace(void)
{
	const char *const files[][2] = { { "/proc/self/setgroups", "deny" },
					 { "/proc/self/uid_map", "0 0 1" },
					 { "/proc/self/gid_map", "0 0 1" } };
	gid_t mine[2] = { 0, 5 };
	pid_t pid = fork();
	struct req *r;
	int status;

	CHECK(pid >= 0);
	if (pid > 0) {
		CHECK(waitpid(pid, &status, 0) == pid);
		CHECK_IS(status, 0);
		return;
	}
	CHECK(setgroups(2, mine) == 0);
	CHECK(unshare(CLONE_NEWUSER) == 0);
	for (int i = 0; i < 3; i++) {
		int fd = open(files[i][0], O_WRONLY);
		ssize_t length = (ssize_t)strlen(files[i][1]);

		CHECK(write(fd, files[i][1], (size_t)length) == length);
		close(fd);
	}
	engine_up();
	r = req_show();
	r->head.set |= RS_SET_UID | RS_SET_GID;
	CHECK_SHOWS(shown(r), "groups", "2 0 65534");
	r = req_show();
	r->head.set |= RS_SET_UID | RS_SET_GROUPS;
	CHECK_FAILS(spawn(r), EPERM, RS_STEP_GROUPS, 0);
	rs_engine_close(engine);
	_exit(0);
}

static void dumpable_stays(void)
{
	struct req *r;

	for (int dumpable = 0; dumpable < 2; dumpable++) {
		CHECK(prctl(PR_SET_DUMPABLE, dumpable) == 0);
		r = req_show();
		r->head.set |= RS_SET_UID | RS_SET_GID;
		r->head.uid = r->head.gid = 4242;
		CHECK_SHOWS(shown(r), "uid", "4242 4242 4242");
		CHECK_IS(prctl(PR_GET_DUMPABLE), dumpable);
		r = req_new("/nonexistent");
		r->head.set |= RS_SET_UID | RS_SET_GID;
		r->head.uid = r->head.gid = 4242;
		CHECK_FAILS(spawn(r), ENOENT, RS_STEP_FILE, 0);
		CHECK_IS(prctl(PR_GET_DUMPABLE), dumpable);
	}
}

/* The kernel clears the death signal when ids change, so that step comes after them. */
static void death_signal_survives_ids(void)
{
	struct req *r = req_show();

	r->head.set |= RS_SET_UID | RS_SET_GID | RS_SET_DIE_WITH_PARENT;
	r->head.uid = r->head.gid = 4242;
	r->head.die_signal = SIGKILL;
	CHECK_SHOWS(shown(r), "death", "9");
}

static void root(void)
{
	char home[64], command[512];
	struct req *r;
	const char *text;

	snprintf(home, sizeof(home), "/tmp/rs-root-%d", getpid());
	/* With everything that a dynamic program needs. */
	snprintf(command, sizeof(command),
		 "mkdir -p %s/inner && cp %s %s/show && for f in $(ldd %s | grep -o '/[^ :]*'); do "
		 "[ -f $f ] || continue; mkdir -p %s$(dirname $f); cp $f %s$f; done",
		 home, beside_me("show"), home, beside_me("show"), home, home);
	CHECK(system(command) == 0);
	for (int with_cwd = 0; with_cwd < 2; with_cwd++) {
		r = req_new("/show");
		slot(r, 1, RS_SLOT_PIPE_OUT, 0);
		r->root = home;
		r->cwd = with_cwd ? "/inner" : NULL;
		text = shown(r);
		CHECK_SHOWS(text, "cwd", with_cwd ? "/inner" : "/");
	}
	r = req_new("/bin/true"); /* not in there */
	r->root = home;
	CHECK_FAILS(spawn(r), ENOENT, RS_STEP_FILE, 0);
	r = req_new("/show");
	r->root = "/nonexistent";
	CHECK_FAILS(spawn(r), ENOENT, RS_STEP_ROOT, 0);
	snprintf(command, sizeof(command), "rm -rf %s", home);
	CHECK(system(command) == 0);
}

static void priorities_can_be_raised(void)
{
	struct req *r = req_show();
	const char *text;

	r->head.set |= RS_SET_PRIORITY | RS_SET_SCHEDULER | RS_SET_UID;
	r->head.priority = -11;
	r->head.sched_policy = SCHED_FIFO;
	r->head.sched_priority = 3;
	r->head.uid = 4242;
	text = shown(r);
	CHECK_SHOWS(text, "nice", "-11");
	CHECK_SHOWS(text, "sched", "1 3");
}

static int lists_only_the_shell(const char *command, uint32_t namespaces, const char *want)
{
	struct req *r = req_new("/bin/sh");
	struct rs_outcome out;
	const char *text;
	int same;

	put(&r->argv, "-c");
	put(&r->argv, command);
	put(&r->envp, "PATH=/usr/bin:/bin:/usr/sbin:/sbin");
	slot(r, 0, RS_SLOT_NULL, 0);
	slot(r, 1, RS_SLOT_PIPE_OUT, 0);
	slot(r, 2, RS_SLOT_FD, 2);
	r->head.namespaces = namespaces;
	out = spawn_ok(r);
	text = drain(out.ends[1].read);
	same = strcmp(text, want) == 0;
	if (!same)
		fprintf(stderr, "'%s' said '%s', not '%s'\n", command, text, want);
	CHECK_IS(finish(&out).code, 0);
	return same;
}

static void namespaces(void)
{
	static const struct {
		uint32_t bit;
		const char *name;
	} kinds[] = {
		{ 0x00000080, "time" }, { 0x00020000, "mnt" }, { 0x02000000, "cgroup" },
		{ 0x04000000, "uts" },  { 0x08000000, "ipc" }, { 0x10000000, "user" },
		{ 0x20000000, "pid" },  { 0x40000000, "net" },
	};
	uint32_t all = 0;

	/* Each alone, then all at once. Those that are asked for are new, the others the parent's.
	 */
	for (int turn = 0; turn < 9; turn++) {
		uint32_t asked = turn < 8 ? kinds[turn].bit : all;
		struct req *r = req_new("/bin/ls");
		struct rs_outcome out;
		const char *text;

		all |= asked;
		put(&r->argv, "-l");
		put(&r->argv,
		    "/proc/self/ns"); /* the parent's /proc: a new pid namespace is not in it */
		if (asked & 0x20000000) {
			free(r);
			continue;
		}
		slot(r, 1, RS_SLOT_PIPE_OUT, 0);
		slot(r, 2, RS_SLOT_FD, 2);
		r->head.namespaces = asked;
		out = spawn_ok(r);
		text = drain(out.ends[0].read);
		CHECK_IS(finish(&out).code, 0);
		for (int i = 0; i < 8; i++) {
			char link[64], mine[64], told[128];
			ssize_t len;

			snprintf(link, sizeof(link), "/proc/self/ns/%s", kinds[i].name);
			len = readlink(link, mine, sizeof(mine) - 1);
			if (len < 0)
				continue; /* no such namespace in this kernel */
			mine[len] = 0;
			snprintf(told, sizeof(told), " %s -> %s\n", kinds[i].name, mine);
			if ((strstr(text, told) == NULL) != ((asked & kinds[i].bit) != 0)) {
				fprintf(stderr, "asked for %x, %s is wrong:\n%s", asked,
					kinds[i].name, text);
				exit(1);
			}
		}
	}
	CHECK(lists_only_the_shell("echo $$", 0x20000000, "1\n"));
	CHECK(lists_only_the_shell("echo $$; id -u; ls /sys/class/net >/dev/null", all,
				   "1\n65534\n"));
	CHECK(lists_only_the_shell("hostname rs-test && hostname", 0x04000000, "rs-test\n"));

	/* From inside the parent cannot be seen, so the death signal is set without a look at it.
	 */
	{
		struct req *r = req_show();

		r->head.namespaces = 0x20000000;
		r->head.set |= RS_SET_DIE_WITH_PARENT;
		r->head.die_signal = SIGTERM;
		{
			const char *text = shown(r);

			CHECK_SHOWS(text, "pid", "1");
			CHECK_SHOWS(text, "death", "15");
		}
	}
}

/* What is refused to another user, and at which step. It runs in a process of its own. */
static void refusals(void)
{
	pid_t pid = fork();
	int status;

	if (pid == 0) {
		struct req *r;

		CHECK(setresgid(4242, 4242, 4242) == 0 && setresuid(4242, 4242, 4242) == 0);
		/* A ring is of no use to another process. The rest may be a copy of the parent's.
		 */
		if (executor() == RS_EXECUTOR_IO_URING)
			engine_up();
#define REFUSED(change, error, step)                   \
	do {                                           \
		r = req_new("/bin/true");              \
		change;                                \
		CHECK_FAILS(spawn(r), error, step, 0); \
	} while (0)
		REFUSED((r->head.set = RS_SET_UID, r->head.uid = 0), EPERM, RS_STEP_UID);
		REFUSED((r->head.set = RS_SET_GID, r->head.gid = 0), EPERM, RS_STEP_GID);
		REFUSED((r->head.set = RS_SET_GROUPS), EPERM, RS_STEP_GROUPS);
		REFUSED((r->root = "/tmp"), EPERM, RS_STEP_ROOT);
		REFUSED((r->head.set = RS_SET_PRIORITY, r->head.priority = -5), EACCES,
			RS_STEP_PRIORITY);
		REFUSED((r->head.set = RS_SET_IO_PRIORITY, r->head.io_priority = 1 << 13), EPERM,
			RS_STEP_IO_PRIORITY);
		REFUSED((r->head.set = RS_SET_SCHEDULER, r->head.sched_policy = SCHED_FIFO,
			 r->head.sched_priority = 1),
			EPERM, RS_STEP_SCHEDULER);
		REFUSED((r->head.namespaces = 0x20000000), EPERM, RS_STEP_NAMESPACES);
		REFUSED((r->head.namespaces = 0x04000000), EPERM, RS_STEP_NAMESPACES);
		{
			struct rlimit few = { 1000, 1000 };

			CHECK(setrlimit(RLIMIT_NOFILE, &few) == 0);
		}
		REFUSED((r->head.limits.count = 1,
			 r->limits[0] = (struct rs_limit){ RLIMIT_NOFILE, 3, 1001, 1001 }),
			EPERM, RS_STEP_LIMITS);
		/* The id is the one that this process has. Groups are dropped only where root
		 * changes ids. */
		r = req_show();
		r->head.set = RS_SET_UID;
		r->head.uid = 4242;
		CHECK_SHOWS(shown(r), "uid", "4242 4242 4242");
		/* Too many processes of this user: at the birth, EAGAIN. */
		{
			struct rlimit none = { 1, 1 };

			CHECK(setrlimit(RLIMIT_NPROC, &none) == 0);
			REFUSED((void)0, EAGAIN, RS_STEP_BIRTH);
		}
		/* Leaks of this process are the parent's memory. */
		_exit(0);
	}
	CHECK(waitpid(pid, &status, 0) == pid);
	CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

int main(void)
{
	int before;

	if (geteuid() != 0)
		SKIP("ids, root and namespaces need root");
	engine_up();
	before = fd_count();
	ids();
	groups_of_a_user_namespace();
	dumpable_stays();
	death_signal_survives_ids();
	root();
	priorities_can_be_raised();
	namespaces();
	refusals();
	CHECK_IS(fd_count(), before);
	CHECK(has_no_children());
	rs_engine_close(engine);
	return 0;
}
