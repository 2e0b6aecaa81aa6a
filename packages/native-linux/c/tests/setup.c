/* Every step that takes no privilege has its effect in the child and none in the parent. */
#include <sched.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include "test.h"

static void own_session_and_terminal(void)
{
	struct req *r = req_show();
	const char *text;
	int master, terminal;

	r->head.flags |= RS_F_SESSION;
	text = shown(r);
	CHECK(strcmp(value(text, "sid"), value(text, "pid")) == 0);
	CHECK_SHOWS(text, "tty", "no");

	master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (master < 0) {
		printf("no pseudo terminals here: controlling terminal not tested\n");
		return;
	}
	CHECK(grantpt(master) == 0 && unlockpt(master) == 0);
	terminal = open(ptsname(master), O_RDWR | O_NOCTTY | O_CLOEXEC);
	CHECK(terminal >= 0);
	r = req_new(beside_me("show"));
	slot(r, 1, RS_SLOT_PIPE_OUT, 0);
	slot(r, 5, RS_SLOT_FD, terminal);
	r->head.flags |= RS_F_SESSION;
	r->head.set |= RS_SET_CONTROLLING_TERMINAL;
	r->head.controlling_terminal = 5;
	text = shown(r);
	CHECK_SHOWS(text, "tty", "yes");
	CHECK(strcmp(value(text, "sid"), value(text, "pid")) == 0);

	/* An fd that is no terminal, and one that is not open. */
	r = req_show();
	r->head.flags |= RS_F_SESSION;
	r->head.set |= RS_SET_CONTROLLING_TERMINAL;
	r->head.controlling_terminal = 0;
	CHECK_FAILS(spawn(r), ENOTTY, RS_STEP_CONTROLLING_TERMINAL, 0);
	r = req_show();
	r->head.set |= RS_SET_CONTROLLING_TERMINAL;
	r->head.controlling_terminal = 900;
	CHECK_FAILS(spawn(r), EBADF, RS_STEP_CONTROLLING_TERMINAL, 0);
	close(terminal);
	close(master);
}

static void process_group(void)
{
	struct req *r = req_show();
	struct rs_outcome leader;
	const char *text;
	char group[32];

	r->head.set |= RS_SET_PROCESS_GROUP;
	text = shown(r);
	CHECK(strcmp(value(text, "pgid"), value(text, "pid")) == 0);

	r = req_show();
	put(&r->argv, "sleep");
	r->head.set |= RS_SET_PROCESS_GROUP;
	leader = spawn_ok(r);
	r = req_show();
	r->head.set |= RS_SET_PROCESS_GROUP;
	r->head.process_group = leader.pid;
	snprintf(group, sizeof(group), "%d", leader.pid);
	CHECK_SHOWS(shown(r), "pgid", group);
	CHECK_IS(rs_kill(leader.pidfd, SIGKILL), 0);
	close(leader.ends[1].read);
	finish(&leader);

	r = req_show();
	r->head.set |= RS_SET_PROCESS_GROUP;
	r->head.process_group = leader.pid; /* gone */
	CHECK_FAILS(spawn(r), EPERM, RS_STEP_PROCESS_GROUP, 0);
}

static void limits(void)
{
	struct rlimit now;
	struct req *r = req_show();
	const char *text;
	char want[64];

	getrlimit(RLIMIT_NOFILE, &now);
	r->head.limits.count = 4;
	/* The limit is lower than fds of the child, which are set up before it. */
	r->limits[0] = (struct rs_limit){ .resource = RLIMIT_NOFILE, .set = 1, .soft = 2 };
	r->limits[1] = (struct rs_limit){ .resource = RLIMIT_CORE, .set = 3, .soft = 0, .hard = 0 };
	r->limits[2] = (struct rs_limit){ .resource = RLIMIT_CPU, .set = 2, .hard = 1000 };
	r->limits[3] = (struct rs_limit){
		.resource = RLIMIT_FSIZE, .set = 3, .soft = 1ull << 40, .hard = UINT64_MAX
	};
	/* A hard limit that alone is lowered below the soft one is an error of the kernel. */
	CHECK_FAILS(spawn(r), EINVAL, RS_STEP_LIMITS, 2);

	r = req_new("/bin/sh");
	put(&r->argv, "-c");
	put(&r->argv, "ulimit -Sn; ulimit -Hn; ulimit -St");
	slot(r, 1, RS_SLOT_PIPE_OUT, 0);
	r->head.limits.count = 2;
	r->limits[0] = (struct rs_limit){ .resource = RLIMIT_NOFILE, .set = 1, .soft = 50 };
	r->limits[1] =
		(struct rs_limit){ .resource = RLIMIT_CPU, .set = 3, .soft = 77, .hard = 78 };
	{
		struct rs_outcome out = spawn_ok(r);

		snprintf(want, sizeof(want), "50\n%lld\n77\n", (long long)now.rlim_max);
		text = drain(out.ends[0].read);
		CHECK(strcmp(text, want) == 0);
		CHECK_IS(finish(&out).code, 0);
	}

	r = req_show();
	r->head.limits.count = 1;
	r->limits[0] = (struct rs_limit){
		.resource = RLIMIT_FSIZE, .set = 3, .soft = 1ull << 40, .hard = UINT64_MAX
	};
	CHECK_SHOWS(shown(r), "limit1", "1099511627776 -1");

	r = req_show();
	r->head.limits.count = 1;
	r->limits[0] = (struct rs_limit){ .resource = RLIMIT_CORE, .set = 3, .soft = 2, .hard = 1 };
	CHECK_FAILS(spawn(r), EINVAL, RS_STEP_LIMITS, 0);
}

static void priorities(void)
{
	/* Whoever runs the tests may be nice, and a lower value than that takes privilege. */
	int inherited = getpriority(PRIO_PROCESS, 0);
	int wanted = inherited < 12 ? inherited + 7 : 19;
	struct req *r = req_show();
	char nice[16];

	snprintf(nice, sizeof(nice), "%d", wanted);
	r->head.set |= RS_SET_PRIORITY | RS_SET_IO_PRIORITY;
	r->head.priority = wanted;
	r->head.io_priority = 2 << 13 | 5;
	{
		const char *text = shown(r);

		CHECK_SHOWS(text, "nice", nice);
		CHECK_SHOWS(text, "ioprio", "16389");
	}
	CHECK_IS(getpriority(PRIO_PROCESS, 0), inherited);
	r = req_show();
	r->head.set |= RS_SET_IO_PRIORITY;
	r->head.io_priority = 7 << 13;
	CHECK_FAILS(spawn(r), EINVAL, RS_STEP_IO_PRIORITY, 0);
}

static void affinity_and_scheduler(void)
{
	struct req *r = req_show();
	uint8_t mine[128] = { 0 };
	int cpu = 0;
	char want[16];

	CHECK(syscall(SYS_sched_getaffinity, 0, sizeof(mine), mine) > 0);
	while (!(mine[cpu / 8] & (1 << cpu % 8)))
		cpu++;
	r->head.affinity.count = (uint32_t)cpu / 8 + 1;
	r->affinity[cpu / 8] = (uint8_t)(1 << cpu % 8);
	snprintf(want, sizeof(want), "%d", cpu);
	CHECK_SHOWS(shown(r), "cpus", want);

	r = req_show();
	r->head.affinity.count = 1;
	CHECK_FAILS(spawn(r), EINVAL, RS_STEP_AFFINITY, 0); /* no cpu at all */

	r = req_show();
	r->head.set |= RS_SET_SCHEDULER;
	r->head.sched_policy = SCHED_BATCH;
	CHECK_SHOWS(shown(r), "sched", "3 0");
	r = req_show();
	r->head.set |= RS_SET_SCHEDULER;
	r->head.sched_policy = SCHED_IDLE;
	CHECK_SHOWS(shown(r), "sched", "5 0");
	r = req_show();
	r->head.set |= RS_SET_SCHEDULER;
	r->head.sched_policy = SCHED_OTHER;
	r->head.sched_priority = 5;
	CHECK_FAILS(spawn(r), EINVAL, RS_STEP_SCHEDULER, 0);
	CHECK_IS(syscall(SYS_sched_getscheduler, 0), SCHED_OTHER);
}

static void umask_and_cwd(void)
{
	struct req *r = req_show();
	char before[4096], after[4096];
	mode_t mine = umask(027);

	CHECK(getcwd(before, sizeof(before)) != NULL);
	r->head.set |= RS_SET_UMASK;
	r->head.umask = 0135;
	r->cwd = "/proc/self/../..";
	{
		const char *text = shown(r);

		CHECK_SHOWS(text, "umask", "135");
		CHECK_SHOWS(text, "cwd", "/");
	}
	CHECK_SHOWS(shown(req_show()), "umask", "27");
	CHECK(getcwd(after, sizeof(after)) != NULL && strcmp(before, after) == 0);
	CHECK_IS(umask(mine), 027);
}

static void no_new_privileges_and_death_signal(void)
{
	struct req *r = req_show();

	r->head.flags |= RS_F_NO_NEW_PRIVILEGES;
	r->head.set |= RS_SET_DIE_WITH_PARENT;
	r->head.die_signal = SIGTERM;
	{
		const char *text = shown(r);

		CHECK_SHOWS(text, "nnp", "1");
		CHECK_SHOWS(text, "death", "15");
	}
	{
		const char *text = shown(req_show());

		CHECK_SHOWS(text, "nnp", "0");
		CHECK_SHOWS(text, "death", "0");
	}
}

int main(void)
{
	int before;

	engine_up();
	before = fd_count();
	own_session_and_terminal();
	process_group();
	limits();
	priorities();
	affinity_and_scheduler();
	umask_and_cwd();
	no_new_privileges_and_death_signal();
	CHECK_IS(fd_count(), before);
	CHECK(has_no_children());
	rs_engine_close(engine);
	return 0;
}
