/* dieWithParent: the child ends with the process, and not with the thread that has started it. */
#include <pthread.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include "test.h"

static struct req *dying(int signal)
{
	struct req *r = req_show();

	put(&r->argv, "sleep");
	r->head.set |= RS_SET_DIE_WITH_PARENT;
	r->head.die_signal = (uint32_t)signal;
	return r;
}

struct order {
	struct rs_outcome out;
	int failing;
};

static void *start_one(void *arg)
{
	struct order *order = arg;
	struct rs_engine *mine;
	struct rs_outcome out = { .size = sizeof(out) };
	struct req *r = order->failing ? req_new("/nonexistent") : dying(SIGKILL);
	uint32_t len;
	char *block;

	r->head.set |= RS_SET_DIE_WITH_PARENT;
	r->head.die_signal = SIGKILL;
	block = req_block(r, &len);
	CHECK_IS(rs_engine_open(&mine), 0);
	CHECK_IS(rs_spawn(mine, block, len, &out), 0);
	rs_engine_close(mine);
	free(block);
	free(r);
	order->out = out;
	return NULL;
}

static void outlives_the_thread(void)
{
	struct order orders[8] = { 0 };
	pthread_t threads[8];

	for (int i = 0; i < 8; i++) {
		orders[i].failing = i % 2;
		CHECK(pthread_create(&threads[i], NULL, start_one, &orders[i]) == 0);
	}
	for (int i = 0; i < 8; i++)
		pthread_join(threads[i], NULL);
	for (int i = 0; i < 8; i++) {
		struct pollfd pidfd = { .fd = orders[i].out.pidfd, .events = POLLIN };

		if (orders[i].failing) {
			CHECK_IS(orders[i].out.error, ENOENT);
			CHECK_IS(orders[i].out.step, RS_STEP_FILE);
			continue;
		}
		CHECK_IS(orders[i].out.error, 0);
		CHECK_IS(poll(&pidfd, 1, 100), 0); /* still alive */
		CHECK_IS(rs_kill(orders[i].out.pidfd, SIGKILL), 0);
		close(orders[i].out.ends[1].read);
		CHECK_IS(finish(&orders[i].out).signal, SIGKILL);
	}
	CHECK(has_no_children());
}

static const char *shown_by(struct rs_engine *own, int dies)
{
	struct rs_outcome out = { .size = sizeof(out) };
	struct req *r = req_show();
	const char *text;
	uint32_t len;
	char *block;

	if (dies) {
		r->head.set |= RS_SET_DIE_WITH_PARENT;
		r->head.die_signal = SIGKILL;
	}
	block = req_block(r, &len);
	CHECK_IS(rs_spawn(own, block, len, &out), 0);
	CHECK_IS(out.error, 0);
	text = drain(out.ends[1].read);
	CHECK_IS(finish(&out).code, 0);
	free(block);
	free(r);
	return text;
}

/* What belongs to a thread and not to the process, as a child gets it. */
static void check_same(struct rs_engine *own)
{
	const char *const keys[] = { "nice", "ioprio", "cpus", "sched", "nnp", "umask", "cwd" };
	char want[7][4096];
	const char *text = shown_by(own, 0);

	for (int i = 0; i < 7; i++)
		snprintf(want[i], sizeof(want[i]), "%s", value(text, keys[i]));
	text = shown_by(own, 1);
	CHECK_SHOWS(text, "death", "9");
	for (int i = 0; i < 7; i++)
		CHECK_SHOWS(text, keys[i], want[i]);
}

static void *be_different(void *unused)
{
	struct rs_engine *own;
	cpu_set_t cpus;

	CHECK_IS(rs_engine_open(&own), 0);
	check_same(own);
	CHECK(sched_getaffinity(0, sizeof(cpus), &cpus) == 0);
	for (int cpu = 0; CPU_COUNT(&cpus) > 1; cpu++)
		CPU_CLR(cpu, &cpus);
	CHECK(sched_setaffinity(0, sizeof(cpus), &cpus) == 0);
	CHECK(setpriority(PRIO_PROCESS, 0, getpriority(PRIO_PROCESS, 0) + 3) == 0);
	/* best effort, 6 */
	CHECK(syscall(SYS_ioprio_set, 1, 0, 2 << 13 | 6) == 0);
	CHECK(unshare(CLONE_FS) == 0 && chdir("/proc") == 0);
	umask(027);
	check_same(own);
	CHECK(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0);
	CHECK(setpriority(PRIO_PROCESS, 0, getpriority(PRIO_PROCESS, 0) + 2) == 0);
	check_same(own);
	rs_engine_close(own);
	return unused;
}

static void inherits_from_the_thread(void)
{
	pthread_t thread;

	CHECK(pthread_create(&thread, NULL, be_different, NULL) == 0);
	pthread_join(thread, NULL);
}

/* No thread stays that has no child any more. */
static void threads_end(void)
{
	DIR *dir;
	int count;

	for (int tries = 0;; tries++) {
		CHECK((dir = opendir("/proc/self/task")) != NULL);
		count = 0;
		for (struct dirent *entry; (entry = readdir(dir)) != NULL;)
			count += entry->d_name[0] != '.';
		closedir(dir);
		if (count == 1)
			return;
		CHECK(tries < 3000);
		usleep(10000);
	}
}

/* A process that starts a child, from its initial thread or from another, and is killed. The test
 * adopts the child. */
static void dies_with_the_process(int in_thread)
{
	int report[2];
	pid_t middle, child;
	siginfo_t info;

	CHECK(pipe2(report, O_CLOEXEC) == 0);
	CHECK(prctl(PR_SET_CHILD_SUBREAPER, 1) == 0);
	middle = fork();
	if (middle == 0) {
		struct order order = { .failing = 0 };
		pthread_t thread;

		if (in_thread) {
			CHECK(pthread_create(&thread, NULL, start_one, &order) == 0);
			pthread_join(thread, NULL);
		} else {
			start_one(&order);
		}
		CHECK_IS(order.out.error, 0);
		CHECK(write(report[1], &order.out.pid, sizeof(order.out.pid)) ==
		      sizeof(order.out.pid));
		for (;;)
			pause();
	}
	CHECK(read(report[0], &child, sizeof(child)) == sizeof(child));
	CHECK(kill(child, 0) == 0);
	CHECK(kill(middle, SIGKILL) == 0);
	CHECK(waitid(P_PID, (id_t)middle, &info, WEXITED) == 0);
	alarm(20);
	CHECK(waitid(P_PID, (id_t)child, &info, WEXITED) == 0);
	alarm(0);
	CHECK_IS(info.si_code, CLD_KILLED);
	CHECK_IS(info.si_status, SIGKILL);
	close(report[0]);
	close(report[1]);
	CHECK(prctl(PR_SET_CHILD_SUBREAPER, 0) == 0);
}

int main(void)
{
	int before = fd_count();

	/* This comes first, while there is no thread of the engine that a fork would lose. */
	dies_with_the_process(0);
	dies_with_the_process(1);
	outlives_the_thread();
	inherits_from_the_thread();
	threads_end();
	CHECK_IS(fd_count(), before);
	return 0;
}
