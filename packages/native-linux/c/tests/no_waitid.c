/* executor: vfork
 * A program that has entered a sandbox after its first spawns, which refuses waitid: its children
 * are reaped all the same, and none ends before its time. Each filter is in a process of its own,
 * because it cannot be taken back.
 */
#include <pthread.h>
#include <sys/syscall.h>

#include "refuse.h"
#include "test.h"

static void reaps_without_waitid(int error)
{
	struct rs_outcome out;
	struct rs_exit end;
	struct req *r;

	engine_up();
	r = req_show();
	put(&r->argv, "sleep");
	out = spawn_ok(r);
	close(out.ends[1].read);
	refuse(SYS_waitid, error);
	end = (struct rs_exit){ .size = sizeof(end) };
	CHECK_IS(rs_reap(out.pidfd, &end), 0);
	CHECK_IS(rs_kill(out.pidfd, SIGTERM), 0);
	end = finish(&out);
	CHECK_IS(end.signal, SIGTERM);
	CHECK(end.max_rss > 0);
	/* An orphan is reaped as well. */
	r = req_new("/bin/cat");
	slot(r, 0, RS_SLOT_PIPE_IN, 0);
	slot(r, 1, RS_SLOT_NULL, 0);
	out = spawn_ok(r);
	CHECK_IS(rs_abandon(out.pidfd), 0);
	CHECK(fcntl(out.pidfd, F_GETFD) >= 0);
	close_ends(&out);
	while (fcntl(out.pidfd, F_GETFD) >= 0)
		CHECK_IS(spawn(req_new("/nonexistent")).error, ENOENT);
	CHECK(has_no_children());
	rs_engine_close(engine);
}

static void *start_dying(void *into)
{
	struct rs_outcome *out = into;
	struct req *r = req_new("/bin/cat");

	slot(r, 0, RS_SLOT_PIPE_IN, 0);
	slot(r, 1, RS_SLOT_NULL, 0);
	r->head.set |= RS_SET_DIE_WITH_PARENT;
	r->head.die_signal = SIGKILL;
	*out = spawn_ok(r);
	return NULL;
}

/* The lasting thread, of which the child's life depends, cannot wait there. */
static void lasts_without_waitid(int error)
{
	struct rs_outcome out;
	pthread_t thread;

	engine_up();
	refuse(SYS_waitid, error);
	CHECK(pthread_create(&thread, NULL, start_dying, &out) == 0);
	pthread_join(thread, NULL);
	/* A death by the thread's end would come before the end of input does. */
	CHECK_IS(poll(&(struct pollfd){ .fd = out.pidfd, .events = POLLIN }, 1, 100), 0);
	close_ends(&out);
	CHECK_IS(finish(&out).code, 0);
	rs_engine_close(engine);
}

static void run(void (*test)(int), int error)
{
	pid_t pid = fork();
	int status;

	if (pid == 0) {
		test(error);
		_exit(0);
	}
	CHECK(waitpid(pid, &status, 0) == pid);
	CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

int main(void)
{
	static const int errors[] = { EPERM, ENOSYS };

	for (int i = 0; i < 2; i++) {
		run(reaps_without_waitid, errors[i]);
		run(lasts_without_waitid, errors[i]);
	}
	return 0;
}
