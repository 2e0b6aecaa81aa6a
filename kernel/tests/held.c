// SPDX-License-Identifier: GPL-2.0
/*
 * A tracer holds the child wherever it can, the submitter closes the ring and exits, and nothing
 * else has that ring. The ring goes, all the same, at once: its last work would complain after five
 * minutes (as long as a campaign of 320 s looks on), and the files registered with it would stay.
 */
#include "tracer.h"
#include <poll.h>

static int registered[2], go[2];

/* The child is where it is to be held. */
static void wait_to_go(void)
{
	char c;

	CHECK(read(go[0], &c, 1) == 1);
}

static void submitter(unsigned flags)
{
	struct fd_entry none[] = { { 0, 0 } };
	struct ring r;

	ring_open(&r, 8, flags);
	CHECK(!syscall(__NR_io_uring_register, r.fd, IORING_REGISTER_FILES, &registered[1], 1));
	close(registered[1]);
	put_clone_fds(&r, none, 1);
	put_call(&r, SOFT, 2, __NR_umask, 022, 0, 0, 0);
	put_exec(&r, 0, 3, "/bin/sh", ARGV("sh", "-c", "exit 4"));
	EQUAL(submit(&r), 3);
	wait_to_go();
	ring_close(&r);
	_exit(0);
}

static const struct place {
	const char *name;
	int stop, nth, goes_on;
	long nr;
} places[] = {
	{ "before a call", SYSCALL_STOP, 1, 0, __NR_umask },
	{ "behind a call", SYSCALL_STOP, 2, 0, __NR_umask },
	{ "before exec", SYSCALL_STOP, 1, 1, __NR_execve },
	{ "in exec", EVENT_STOP(PTRACE_EVENT_EXEC), 1, 1, 0 },
	{ "at its end", EVENT_STOP(PTRACE_EVENT_EXIT), 1, 0, 0 },
};

static void hold(struct ring *r, const struct place *place)
{
	struct pollfd gone = { .events = POLLIN };
	pid_t pid, child;
	int status;

	CHECK(!pipe2(registered, O_CLOEXEC));
	pid = tracee(submitter, r->flags);
	close(registered[1]);
	/* to its end by a signal, so that it comes there in the midst of the chain */
	child = run_child_to(
		pid, place->stop == EVENT_STOP(PTRACE_EVENT_EXIT) ? SYSCALL_STOP : place->stop,
		place->nr ?: __NR_umask, place->nth);
	if (place->stop == EVENT_STOP(PTRACE_EVENT_EXIT)) {
		kill(child, SIGKILL);
		EQUAL(waitpid(child, &status, __WALL), child);
		EQUAL(status >> 8, place->stop);
	}
	CHECK(write(go[1], "", 1) == 1);
	EQUAL(traced_end(pid), 0);

	gone.fd = registered[0];
	if (poll(&gone, 1, 10000 + 1000 * campaign()) != 1)
		FAIL("held %s, the child keeps the ring", place->name);
	close(registered[0]);
	status = go_on_to_end(child);
	if (place->goes_on ? status != 4 << 8 : !WIFSIGNALED(status) || WTERMSIG(status) != SIGKILL)
		FAIL("held %s, the child ended with %#x", place->name, status);
}

/*
 * The submitter has gone and the child still has the ring: no reason to hurry. What asks for
 * signals in passing, without waiting for anything, is not disturbed.
 */
static void busy(unsigned flags)
{
	static char zeroes[1 << 20];
	static uint64_t number;
	struct io_uring_sqe *s;
	int p[2], file, zero = open("/dev/zero", O_RDONLY | O_CLOEXEC);
	struct ring r;

	CHECK(!pipe2(p, O_CLOEXEC) && write(p[1], &number, 8) == 8);
	file = syscall(__NR_memfd_create, "busy", MFD_CLOEXEC);
	ring_open(&r, 8, flags);
	put_clone(&r, SOFT, 1);
	put_call(&r, SOFT, 2, __NR_umask, 022, 0, 0, 0);
	s = sqe(&r, IORING_OP_FALLOCATE, SOFT, 3);
	s->fd = file;
	s->addr = 1 << 20;
	put_read(&r, SOFT, 4, zero, zeroes, sizeof(zeroes))->off = 0;
	s = sqe(&r, IORING_OP_SPLICE, SOFT, 5);
	s->splice_fd_in = p[0];
	s->splice_off_in = -1;
	s->fd = file;
	s->len = 8;
	put_exec(&r, 0, 6, "/bin/sh", ARGV("sh", "-c", "exit 4"));
	EQUAL(submit(&r), 6);
	wait_to_go();
	_exit(0);
}

static void test(struct ring *r)
{
	pid_t pid, child;

	/* orphans come to us */
	CHECK(!prctl(PR_SET_CHILD_SUBREAPER, 1));
	CHECK(!pipe2(go, O_CLOEXEC));
	for (unsigned i = 0; i < sizeof(places) / sizeof(*places); i++)
		hold(r, &places[i]);

	pid = tracee(busy, r->flags);
	child = run_child_to(pid, SYSCALL_STOP, __NR_umask, 1);
	CHECK(write(go[1], "", 1) == 1);
	EQUAL(traced_end(pid), 0);
	EQUAL(go_on_to_end(child), 4 << 8);
	close(go[0]), close(go[1]);
	CHECK(!prctl(PR_SET_CHILD_SUBREAPER, 0));
}
