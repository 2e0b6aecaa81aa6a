// SPDX-License-Identifier: GPL-2.0
/*
 * How the submitter learns of a chain: on a ring as lean and as restricted as they come, through an
 * eventfd, asleep in epoll_wait or in the submission itself, and not more often than it asked for.
 */
#include "lib.h"
#include <sys/epoll.h>

enum { STEPS = 23, CHAIN = STEPS + 2 };

/* A ring of one's own for spawning, as an engine would make it; with an eventfd if one is given. */
static void spawn_ring(struct ring *own, unsigned mode, int efd)
{
	static const int ops[] = { OP_CLONE, OP_SPAWN_CALL, OP_EXEC, IORING_OP_READ };
	struct io_uring_restriction res[6] = { 0 };
	unsigned i;

	ring_open(own, 32,
		  mode | IORING_SETUP_SUBMIT_ALL | IORING_SETUP_R_DISABLED | SETUP_NO_SQARRAY);
	for (i = 0; i < sizeof(ops) / sizeof(*ops); i++) {
		res[i].opcode = IORING_RESTRICTION_SQE_OP;
		res[i].sqe_op = ops[i];
	}
	res[i].opcode = IORING_RESTRICTION_SQE_FLAGS_ALLOWED;
	res[i++].sqe_flags = SOFT | HARD;
	if (efd >= 0)
		CHECK(!syscall(__NR_io_uring_register, own->fd, IORING_REGISTER_EVENTFD, &efd, 1));
	CHECK(!syscall(__NR_io_uring_register, own->fd, IORING_REGISTER_RESTRICTIONS, res, i));
	CHECK(!syscall(__NR_io_uring_register, own->fd, IORING_REGISTER_ENABLE_RINGS, NULL, 0));
}

/* 1: CLONE, 2...: steps, then the EXEC of a program that exits with 0 */
static void put_long_chain(struct ring *r, int steps)
{
	static char *argv[] = { "true", NULL }; /* read when the EXEC runs */

	put_clone(r, SOFT, 1);
	for (int i = 0; i < steps; i++)
		put_call(r, SOFT, 2 + i, __NR_umask, 022, 0, 0, 0);
	put_exec(r, 0, 2 + steps, tiny_true(), argv);
}

/* All of it is there, without another look at the ring. */
static int long_chain_done(struct ring *r, int steps)
{
	int pid;

	EQUAL(*r->cq_tail - *r->cq_head, steps + 2);
	pid = result(r, 1);
	CHECK(pid > 0);
	for (int i = 0; i < steps; i++)
		RESULT(r, 2 + i, 022);
	RESULT(r, 2 + steps, 0);
	return pid;
}

/* How often this thread went to sleep so far. */
static long sleeps(void)
{
	struct rusage u;

	CHECK(!getrusage(RUSAGE_THREAD, &u));
	return u.ru_nvcsw;
}

static int woken(int epfd, int ms)
{
	struct epoll_event e;
	int n;

	do
		n = epoll_wait(epfd, &e, 1, ms);
	while (n == -1 && errno == EINTR);
	CHECK(n >= 0);
	return n;
}

/* Harvests, woken by nothing but the eventfd, until the completion of `last` is there; its result.
 */
static int harvest(struct ring *r, int epfd, int efd, uint64_t last, int *pid)
{
	struct completion c = { 0 };
	uint64_t n;

	for (;;) {
		if (!woken(epfd, 20000))
			FAIL("the eventfd is silent");
		CHECK(read(efd, &n, sizeof(n)) == sizeof(n));
		syscall(__NR_io_uring_enter, r->fd, 0, 0, IORING_ENTER_GETEVENTS, NULL, 0);
		while (*r->cq_head != __atomic_load_n(r->cq_tail, __ATOMIC_ACQUIRE)) {
			CHECK(!next_cqe(r, &c, 0));
			if (c.user_data == 1)
				*pid = c.res;
			if (c.user_data == last)
				return c.res;
		}
	}
}

static void test(struct ring *r)
{
	int efd, epfd, p[2], pid, helper, self = getpid();
	struct epoll_event e = { .events = EPOLLIN };
	struct ring own;
	char c;

	CHECK(umask(022) != 0777);

	/* submission and wait in one: the chain is over when it returns, and the submitter hardly
	 * woke up in between */
	spawn_ring(&own, r->flags, -1);
	for (int i = 0; i < 10; i++) {
		long before = sleeps();

		put_long_chain(&own, STEPS);
		EQUAL(submit_and_wait(&own, CHAIN), CHAIN);
		before = sleeps() - before;
		pid = long_chain_done(&own, STEPS);
		exited(pid, 0);
		/* elsewhere than in this mode, task work wakes who sleeps, as on every ring */
		if (r->flags & IORING_SETUP_DEFER_TASKRUN && before > 6)
			FAIL("woke up %ld times", before);
	}
	/* a chain that fails at its first step */
	long before = sleeps();
	put_clone(&own, SOFT, 1);
	put_call(&own, SOFT, 2, __NR_chdir, (uintptr_t) "/nowhere", 0, 0, 0);
	for (int i = 0; i < STEPS; i++)
		put_call(&own, i < STEPS - 1 ? SOFT : 0, 3 + i, __NR_umask, 022, 0, 0, 0);
	EQUAL(submit_and_wait(&own, STEPS + 2), STEPS + 2);
	before = sleeps() - before;
	EQUAL(*own.cq_tail - *own.cq_head, STEPS + 2);
	pid = result(&own, 1);
	CHECK(pid > 0);
	RESULT(&own, 2, -ENOENT);
	for (int i = 0; i < STEPS; i++)
		RESULT(&own, 3 + i, -ECANCELED);
	killed(pid, SIGKILL);
	if (r->flags & IORING_SETUP_DEFER_TASKRUN && before > 6)
		FAIL("woke up %ld times", before);
	/* a program that is found at once, with candidates left over */
	before = sleeps();
	put_clone(&own, SOFT, 1);
	for (int i = 0; i <= STEPS; i++)
		put_exec(&own, i < STEPS ? HARD : 0, 2 + i, tiny_true(), ARGV("true"));
	EQUAL(submit_and_wait(&own, STEPS + 2), STEPS + 2);
	before = sleeps() - before;
	EQUAL(*own.cq_tail - *own.cq_head, STEPS + 2);
	pid = result(&own, 1);
	RESULT(&own, 2, 0);
	for (int i = 1; i <= STEPS; i++)
		RESULT(&own, 2 + i, -ECANCELED);
	exited(pid, 0);
	if (r->flags & IORING_SETUP_DEFER_TASKRUN && before > 6)
		FAIL("woke up %ld times", before);

	/* who waits for fewer gets them as soon as they are there, though the chain is not over */
	CHECK(!pipe2(p, O_CLOEXEC));
	put_clone(&own, SOFT, 1);
	put_call(&own, SOFT, 2, __NR_umask, 022, 0, 0, 0);
	put_read(&own, SOFT, 3, p[0], &c, 1);
	put_exec(&own, 0, 4, tiny_true(), ARGV("true"));
	EQUAL(submit_and_wait(&own, 2), 4);
	pid = result(&own, 1);
	RESULT(&own, 2, 022);
	CHECK(write(p[1], "x", 1) == 1);
	RESULT(&own, 3, 1);
	RESULT(&own, 4, 0);
	exited(pid, 0);
	ring_close(&own);

	/* an eventfd, and epoll on it */
	efd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	epfd = epoll_create1(EPOLL_CLOEXEC);
	CHECK(efd >= 0 && epfd >= 0 && !epoll_ctl(epfd, EPOLL_CTL_ADD, efd, &e));
	spawn_ring(&own, r->flags, efd);
	for (int i = 0; i < 10; i++) {
		pid = 0;
		put_long_chain(&own, 3 * i);
		EQUAL(submit(&own), 3 * i + 2);
		EQUAL(harvest(&own, epfd, efd, 2 + 3 * i, &pid), 0);
		exited(pid, 0);
		no_more_cqes(&own);
	}

	/* asleep in epoll_wait when the chain goes on, with all that there was to see seen before
	 */
	for (int fails = 0; fails < 2; fails++) {
		uint64_t n;

		put_clone(&own, SOFT, 1);
		put_read(&own, SOFT, 2, p[0], &c, 1);
		put_call(&own, SOFT, 3, __NR_umask, 022, 0, 0, 0);
		put_exec(&own, 0, 4, fails ? "/nowhere" : tiny_true(), ARGV("true"));
		EQUAL(submit(&own), 4);
		pid = result(&own, 1);
		UNTIL(state(pid) == 'S');
		read(efd, &n, sizeof(n));
		helper = fork();
		if (!helper) {
			UNTIL(state(self) == 'S');
			_exit(write(p[1], "x", 1) != 1);
		}
		EQUAL(harvest(&own, epfd, efd, 4, &pid), fails ? -ENOENT : 0);
		fails ? killed(pid, SIGKILL) : exited(pid, 0);
		exited(helper, 0);
		no_more_cqes(&own);
	}

	/* switched off, it is silent, and the completions are there all the same; switched on
	 * again, it speaks */
	uint64_t n;
	read(efd, &n, sizeof(n));
	__atomic_fetch_or(own.cq_flags, IORING_CQ_EVENTFD_DISABLED, __ATOMIC_SEQ_CST);
	put_long_chain(&own, STEPS);
	EQUAL(submit_and_wait(&own, CHAIN), CHAIN);
	pid = long_chain_done(&own, STEPS);
	exited(pid, 0);
	EQUAL(woken(epfd, 100), 0);
	__atomic_fetch_and(own.cq_flags, ~IORING_CQ_EVENTFD_DISABLED, __ATOMIC_SEQ_CST);
	put_long_chain(&own, 1);
	EQUAL(submit(&own), 3);
	EQUAL(harvest(&own, epfd, efd, 3, &pid), 0);
	exited(pid, 0);

	ring_close(&own);
	close(efd), close(epfd), close(p[0]), close(p[1]);
}
