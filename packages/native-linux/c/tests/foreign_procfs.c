/* executor: vfork
 * A program in a pid namespace of its own, which sees the procfs of another, has entered a sandbox
 * that refuses waitid: a child is not looked for by its number there, which is none here.
 */
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>

#include "kernel.h"
#include "refuse.h"
#include "test.h"

static struct rs_outcome start_ended(void)
{
	struct req *r = req_show();
	struct rs_outcome out;

	put(&r->argv, "exit");
	put(&r->argv, "3");
	out = spawn_ok(r);
	close_ends(&out);
	CHECK_IS(poll(&(struct pollfd){ .fd = out.pidfd, .events = POLLIN }, 1, -1), 1);
	return out;
}

/* The number that a child has here is told by its pidfd, by Linux 6.13 and later. */
static void reaps_by_what_the_pidfd_tells(void)
{
	struct kernel_pidfd_info info = { .mask = KERNEL_PIDFD_INFO_PID };
	struct rs_exit end = { .size = sizeof(end) };
	struct rs_outcome out = start_ended();
	int is_told = ioctl(out.pidfd, KERNEL_PIDFD_GET_INFO, &info) == 0;

	refuse(SYS_waitid, EPERM);
	CHECK_IS(rs_reap(out.pidfd, &end), is_told ? 1 : -EPERM);
	CHECK_IS(end.code, is_told ? 3 : -1);
	CHECK_IS(has_no_children(), is_told);
}

/* Where they are not asked, it is told that the end cannot be known. */
static void does_not_guess(void)
{
	struct rs_exit end = { .size = sizeof(end) };
	struct rs_outcome out = start_ended();

	refuse(SYS_waitid, EPERM);
	refuse(SYS_ioctl, EPERM);
	CHECK_IS(rs_reap(out.pidfd, &end), -EPERM);
	CHECK_IS(end.known, 0);
}

static int run(void (*test)(void))
{
	pid_t pid = fork();
	int status;

	if (pid == 0) {
		test();
		_exit(0);
	}
	CHECK(waitpid(pid, &status, 0) == pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}

static void in_the_namespace(void)
{
	CHECK(getpid() == 1);
	engine_up();
	CHECK_IS(run(reaps_by_what_the_pidfd_tells), 0);
	CHECK_IS(run(does_not_guess), 0);
	rs_engine_close(engine);
}

static void enter(void)
{
	if (unshare(CLONE_NEWUSER | CLONE_NEWPID) != 0)
		SKIP("no namespaces may be made here");
	/* Without what sanitizers do at an exit: they look for their own threads in procfs. */
	_exit(run(in_the_namespace));
}

int main(void)
{
	return run(enter);
}
