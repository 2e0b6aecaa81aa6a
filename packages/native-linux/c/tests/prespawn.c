/* executor: io_uring
 * rs_prespawn and rs_prespawn_exec: a child that is set up and waits, and is then given its
 * program.
 */
#include <grp.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>

#include "test.h"

struct waiting {
	struct rs_outcome out;
	uint32_t ticket;
	int release_fd;
	int pid, pidfd;
};

/* Prespawns a child with the fds of the request, and behind them its eventfd. */
static struct waiting prespawn(struct req *r)
{
	struct waiting w = { .out = { .size = sizeof(w.out) },
			     .release_fd = rs_eventfd(),
			     .pidfd = -1 };
	struct rs_started rows[8];
	uint32_t len;
	char *block;
	int ret;

	CHECK(w.release_fd > 2);
	put(&r->candidates, "/of these only the number counts: two");
	slot(r, 9, RS_SLOT_FD, w.release_fd);
	block = req_block(r, &len);
	ret = rs_prespawn(engine, block, len, 9, &w.out);
	memset(block, 0x55, ROOM);
	free(block);
	free(r);
	CHECK(ret > 0);
	CHECK_IS(w.out.error, 0);
	w.ticket = (uint32_t)ret;
	ret = rs_submit(engine, RS_RING_PRESPAWNS, 0, rows, 8);
	for (int i = 0; i < ret; i++)
		if (rows[i].ticket == w.ticket) {
			CHECK_IS(rows[i].over, 0);
			w.pid = rows[i].pid;
			w.pidfd = rows[i].pidfd;
		}
	CHECK(w.pid > 0);
	CHECK(w.pidfd > 2);
	return w;
}

static int give(const struct waiting *w, struct req *r)
{
	uint32_t len;
	char *block;
	int ret;

	if (r->cwd == NULL)
		r->cwd = "/";
	block = req_block(r, &len);
	ret = rs_prespawn_exec(engine, w->ticket, w->release_fd, block, len);
	memset(block, 0x55, ROOM);
	free(block);
	free(r);
	return ret;
}

static struct rs_started over(const struct waiting *w)
{
	for (;;) {
		struct pollfd notify = { .fd = rs_notify_fd(engine, RS_RING_PRESPAWNS),
					 .events = POLLIN };
		struct rs_started row;

		while (rs_submit(engine, RS_RING_PRESPAWNS, 1, &row, 1) == 1)
			if (row.ticket == w->ticket && row.over)
				return row;
		CHECK(poll(&notify, 1, 30000) == 1 || errno == EINTR);
	}
}

static struct rs_exit done(struct waiting *w)
{
	struct rs_outcome out = { .pid = w->pid, .pidfd = w->pidfd };

	CHECK_IS(rs_close(w->release_fd), 0);
	return finish(&out);
}

static char state_of(int pid)
{
	char path[64], text[512] = "";
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	file = fopen(path, "r");
	if (file == NULL)
		return 0;
	CHECK(fgets(text, sizeof(text), file) != NULL);
	fclose(file);
	return strrchr(text, ')')[2];
}

static void gets_its_program(void)
{
	struct req *r = req_show();
	struct waiting w;
	struct req *program;
	const char *text;

	r->head.set = RS_SET_UMASK;
	r->head.umask = 027;
	w = prespawn(r);
	for (int ms = 0; ms < 5000 && state_of(w.pid) != 'S'; ms++)
		usleep(1000);
	CHECK_IS(state_of(w.pid), 'S');
	program = req_new("/nonexistent/show");
	put(&program->candidates, beside_me("show"));
	put(&program->argv, "all");
	put(&program->envp, "A=b");
	program->cwd = "/tmp";
	CHECK_IS(give(&w, program), 0);
	CHECK_IS(over(&w).error, 0);
	text = drain(w.out.ends[1].read);
	CHECK_SHOWS(text, "cwd", "/tmp");
	CHECK_SHOWS(text, "umask", "27");
	CHECK_IS(done(&w).code, 0);
}

/* The program has neither the eventfd nor any other fd that this process has open. */
static void has_no_more_fds(void)
{
	struct waiting w = prespawn(req_show());
	struct req *program = req_new("/bin/sh");

	put(&program->argv, "-c");
	put(&program->argv, "cd /proc/self/fd && echo *");
	put(&program->envp, "PATH=/usr/bin:/bin");
	CHECK_IS(give(&w, program), 0);
	CHECK_IS(over(&w).error, 0);
	CHECK(strcmp(drain(w.out.ends[1].read), "0 1 2 3\n") ==
	      0); /* 3: the shell's own, to look */
	CHECK_IS(done(&w).code, 0);
}

static void fails(const char *path, const char *cwd, int error, enum rs_step step)
{
	struct waiting w = prespawn(req_show());
	struct req *program = req_new(path);
	struct rs_started row;

	program->cwd = cwd;
	CHECK_IS(give(&w, program), 0);
	row = over(&w);
	CHECK_IS(row.error, error);
	CHECK_IS(row.step, step);
	/* Whoever was told of a child reaps it. */
	CHECK_IS(done(&w).known, 1);
	CHECK_IS(rs_close(w.out.ends[1].read), 0);
	CHECK(has_no_children());
}

static void refuses(void)
{
	struct waiting w = prespawn(req_show());
	struct rs_outcome out = { .size = sizeof(out) };
	struct req *r = req_new("/bin/true");
	uint32_t len;
	char *block;

	for (int i = 0; i < 2; i++)
		put(&r->candidates, "/nonexistent");
	CHECK_IS(give(&w, r), -E2BIG);
	r = req_new("/bin/true");
	block = req_block(r, &len);
	CHECK_IS(rs_prespawn_exec(engine, w.ticket, w.release_fd, block, len), -E2BIG); /* no cwd */
	CHECK_IS(rs_prespawn_exec(engine, w.ticket + 1, w.release_fd, block, len), -ESRCH);
	CHECK_IS(rs_prespawn_exec(engine, w.ticket, w.release_fd, block, 8), -EINVAL);
	CHECK_IS(rs_prespawn_exec(NULL, w.ticket, w.release_fd, block, len), -EFAULT);
	CHECK_IS(rs_prespawn(engine, block, len, 9, &out), -EINVAL);
	CHECK_IS(rs_prespawn(NULL, block, len, 9, &out), -EFAULT);
	free(block);
	free(r);
	/* It is not known whether the child will ever be used, so no fd can be given to it. */
	r = req_new("/bin/true");
	slot(r, 8, RS_SLOT_FD, w.pidfd)->flags = RS_SLOT_GIVEN;
	slot(r, 9, RS_SLOT_FD, w.release_fd);
	block = req_block(r, &len);
	CHECK_IS(rs_prespawn(engine, block, len, 9, &out), 0);
	CHECK_IS(out.error, EINVAL);
	CHECK_IS(out.step, RS_STEP_REQUEST);
	free(block);
	free(r);
	/* The child still waits after the refusals, and is killed. */
	CHECK_IS(state_of(w.pid) != 'Z', 1);
	CHECK_IS(rs_kill(w.pidfd, SIGKILL), 0);
	CHECK_IS(over(&w).error, 0);
	CHECK_IS(done(&w).signal, SIGKILL);
	CHECK_IS(give(&w, req_new("/bin/true")), -ESRCH);
	CHECK_IS(rs_close(w.out.ends[1].read), 0);
}

/* A chain of more requests than a ring has is refused before anything of it is submitted. */
static void refuses_a_long_chain(void)
{
	struct rs_outcome out = { .size = sizeof(out) };
	int before = fd_count(), eventfd = rs_eventfd();
	struct req *r = req_show();
	uint32_t len;
	char *block;

	slot(r, 9, RS_SLOT_FD, eventfd);
	r->head.limits.count = LIMITS_MAX;
	for (uint32_t i = 0; i < LIMITS_MAX; i++)
		r->limits[i] = (struct rs_limit){ .resource = RLIMIT_CORE, .set = 1 };
	block = req_block(r, &len);
	CHECK_IS(rs_prespawn(engine, block, len, 9, &out), 0);
	CHECK_IS(out.error, E2BIG);
	CHECK_IS(out.step, RS_STEP_BIRTH);
	free(block);
	free(r);
	CHECK_IS(rs_close(eventfd), 0);
	CHECK_IS(fd_count(), before);
}

/* A process that is killed while a child waits leaves no child behind. */
static void dies_with_the_process(void)
{
	int life[2];
	pid_t pid;
	struct pollfd end;

	CHECK(pipe(life) == 0);
	pid = fork();
	if (pid == 0) {
		struct req *r = req_new("/");

		CHECK_IS(rs_engine_open(&engine), 0);
		slot(r, 1, RS_SLOT_FD, life[1]);
		prespawn(r);
		kill(getpid(), SIGKILL);
	}
	close(life[1]);
	CHECK(waitpid(pid, NULL, 0) == pid);
	end = (struct pollfd){ .fd = life[0], .events = POLLIN };
	CHECK_IS(poll(&end, 1, 20000), 1);
	close(life[0]);
}

static void other_uid(void)
{
	CHECK(setresuid((uid_t)-1, 1, (uid_t)-1) == 0);
}

static void other_gid(void)
{
	CHECK(setresgid((gid_t)-1, 1, (gid_t)-1) == 0);
}

static void one_group(void)
{
	CHECK(setgroups(1, (const gid_t[]){ 7 }) == 0);
}

static void two_groups(void)
{
	CHECK(setgroups(2, (const gid_t[]){ 7, 8 }) == 0);
}

static void three_groups(void)
{
	CHECK(setgroups(3, (const gid_t[]){ 7, 8, 9 }) == 0);
}

static void groups_up_to(gid_t last)
{
	gid_t ids[300];

	for (gid_t i = 0; i < 300; i++)
		ids[i] = i;
	ids[299] = last;
	CHECK(setgroups(300, ids) == 0);
}

static void many_groups(void)
{
	groups_up_to(1000);
}

static void other_many_groups(void)
{
	groups_up_to(1001);
}

static void other_priority(void)
{
	CHECK(setpriority(PRIO_PROCESS, 0, getpriority(PRIO_PROCESS, 0) + 1) == 0);
}

static void other_io_priority(void)
{
	CHECK(syscall(SYS_ioprio_set, 1, 0, 2 << 13 | 7) == 0);
}

static void other_policy(void)
{
	CHECK(sched_setscheduler(0, SCHED_BATCH, &(struct sched_param){ 0 }) == 0);
}

static void other_affinity(void)
{
	cpu_set_t cpus;

	CHECK(sched_getaffinity(0, sizeof(cpus), &cpus) == 0);
	for (int cpu = 0; CPU_COUNT(&cpus) > 1; cpu++)
		CPU_CLR(cpu, &cpus);
	CHECK(sched_setaffinity(0, sizeof(cpus), &cpus) == 0);
}

static void other_soft_limit(void)
{
	struct rlimit limit;

	CHECK(getrlimit(RLIMIT_CORE, &limit) == 0);
	limit.rlim_cur = limit.rlim_cur == 0 ? 1 : 0;
	CHECK(setrlimit(RLIMIT_CORE, &limit) == 0);
}

static void other_hard_limit(void)
{
	struct rlimit limit;

	CHECK(getrlimit(RLIMIT_RTTIME, &limit) == 0);
	limit.rlim_max--;
	limit.rlim_cur = limit.rlim_max;
	CHECK(setrlimit(RLIMIT_RTTIME, &limit) == 0);
}

static void other_cwd(void)
{
	CHECK(chdir("/proc") == 0);
}

static void other_root(void)
{
	CHECK(chroot("/proc") == 0);
}

static void same(void)
{
}

/* Each thing that a child inherits changes the hash in its own way. */
static void inherited_hash(void)
{
	static void (*const changes[])(void) = {
		same,
		other_uid,
		other_gid,
		one_group,
		two_groups,
		three_groups,
		many_groups,
		other_many_groups,
		other_priority,
		other_io_priority,
		other_policy,
		other_affinity,
		other_soft_limit,
		other_hard_limit,
		other_cwd,
		other_root,
	};
	enum { COUNT = sizeof(changes) / sizeof(*changes) };
	uint64_t before, *hashes;
	int status;

	hashes = mmap(NULL, sizeof(*hashes) * COUNT, PROT_READ | PROT_WRITE,
		      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	CHECK(hashes != MAP_FAILED);
	for (int i = 0; i < COUNT; i++) {
		pid_t pid = fork();

		CHECK(pid >= 0);
		if (pid == 0) {
			changes[i]();
			_exit(rs_inherited_hash(&hashes[i]) == 0 ? 0 : 1);
		}
		CHECK(waitpid(pid, &status, 0) == pid);
		CHECK_IS(status, 0);
		for (int j = 0; j < i; j++)
			CHECK(hashes[i] != hashes[j]);
	}
	CHECK_IS(rs_inherited_hash(&before), 0);
	CHECK(before == hashes[0]);
	munmap(hashes, sizeof(*hashes) * COUNT);
	CHECK_IS(rs_inherited_hash(NULL), -EFAULT);
}

int main(void)
{
	int before, without_engine = fd_count();

	engine_up();
	/* The first prespawn opens the ring of prespawned children. */
	has_no_more_fds();
	before = fd_count();
	gets_its_program();
	has_no_more_fds();
	fails("/nonexistent", "/", ENOENT, RS_STEP_FILE);
	fails("/bin/true", "/nonexistent", ENOENT, RS_STEP_CWD);
	refuses();
	refuses_a_long_chain();
	dies_with_the_process();
	inherited_hash();
	CHECK_IS(fd_count(), before);
	CHECK(has_no_children());

	/* An environment ends while a child waits. */
	{
		struct waiting w = prespawn(req_show());

		rs_engine_close(engine);
		CHECK_IS(done(&w).signal, SIGKILL);
		CHECK_IS(rs_close(w.out.ends[1].read), 0);
		CHECK(has_no_children());
	}
	CHECK_IS(fd_count(), without_engine);
	return 0;
}
