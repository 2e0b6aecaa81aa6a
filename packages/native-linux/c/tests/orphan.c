/* The children of an ended environment run on, and none of them stays a zombie. */
#include "test.h"

enum { ORPHANS = 40 };

static int is_zombie(pid_t pid)
{
	siginfo_t info = { 0 };

	return waitid(P_PID, (id_t)pid, &info, WEXITED | WNOHANG | WNOWAIT) == 0 &&
	       info.si_pid == pid;
}

int main(void)
{
	pid_t pids[ORPHANS];
	int before, pipes[2];

	engine_up();
	before = fd_count();
	for (int i = 0; i < ORPHANS; i++) {
		struct req *r = req_show();
		struct rs_outcome out;

		put(&r->argv, "sleep");
		out = spawn_ok(r);
		pids[i] = out.pid;
		CHECK_IS(rs_abandon(out.ends[1].read), 0); /* a pipe: just closed */
		CHECK_IS(rs_abandon(out.pidfd), 0);
		CHECK(kill(pids[i], 0) == 0);
	}
	CHECK_IS(fd_count(), before + ORPHANS); /* the pidfds */
	for (int i = 0; i < ORPHANS; i++) {
		CHECK(kill(pids[i], SIGKILL) == 0);
		while (!is_zombie(pids[i]))
			usleep(1000);
	}
	/* The next spawn reaps them, even if it fails. */
	CHECK_FAILS(spawn(req_new("/nonexistent")), ENOENT, RS_STEP_FILE, 0);
	CHECK_IS(fd_count(), before);

	/* One that has ended already is reaped at once. */
	{
		struct req *r = req_new(beside_me("show"));
		struct rs_outcome out;

		put(&r->argv, "exit");
		put(&r->argv, "1");
		out = spawn_ok(r);
		while (!is_zombie(out.pid))
			usleep(1000);
		CHECK_IS(rs_abandon(out.pidfd), 0);
		CHECK(has_no_children());
	}
	CHECK(pipe2(pipes, O_CLOEXEC) == 0);
	CHECK_IS(rs_abandon(pipes[0]), 0);
	CHECK_IS(rs_abandon(pipes[1]), 0);
	CHECK_IS(rs_abandon(-1), -EBADF);
	CHECK_IS(fd_count(), before);
	rs_engine_close(engine);
	return 0;
}
