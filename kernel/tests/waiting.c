// SPDX-License-Identifier: GPL-2.0
/*
 * A process kept warm: its chain waits for an eventfd, and only then are the path and the arguments
 * filled in. What waits does not hold up the ring, nor other chains on it.
 */
#include "lib.h"

/*
 * Work that is to be done by the submitter (here: a completion of another ring, which leaves him
 * alone until he enters the kernel) makes what blocks return early. That is not for the child that
 * is born meanwhile.
 */
static void with_work_for_the_submitter(struct ring *r)
{
	struct ring other;
	int e = eventfd(0, EFD_CLOEXEC), warm_e = eventfd(0, EFD_CLOEXEC), pid, warm, met = 0;
	uint64_t go = 1, got, warm_got;

	ring_open(&other, 8, IORING_SETUP_COOP_TASKRUN | IORING_SETUP_TASKRUN_FLAG);
	/* an interrupt may have him do it before he gets there, on one processor always */
	for (int i = 0; i < 200 && met < 20; i++) {
		put_clone(&other, SOFT, 1);
		put_read(&other, SOFT, 2, e, &got, 8);
		put_exec(&other, 0, 3, tiny_true(), ARGV("true"));
		EQUAL(submit(&other), 3);
		pid = result(&other, 1);
		UNTIL(state(pid) == 'S');

		put_clone(r, SOFT, 11);
		put_read(r, SOFT, 12, warm_e, &warm_got, 8);
		put_exec(r, 0, 13, tiny_true(), ARGV("true"));
		CHECK(write(e, &go, 8) == 8);
		while (!(__atomic_load_n(other.sq_flags, __ATOMIC_ACQUIRE) & IORING_SQ_TASKRUN) &&
		       *other.cq_head == __atomic_load_n(other.cq_tail, __ATOMIC_ACQUIRE))
			;
		met += *other.cq_head == __atomic_load_n(other.cq_tail, __ATOMIC_ACQUIRE);
		EQUAL(submit(r), 3);
		warm = result(r, 11);
		RESULT(&other, 2, 8);
		RESULT(&other, 3, 0);
		exited(pid, 0);

		CHECK(write(warm_e, &go, 8) == 8);
		RESULT(r, 12, 8);
		RESULT(r, 13, 0);
		exited(warm, 0);
	}
	close(e), close(warm_e);
	ring_close(&other);
}

static void test(struct ring *r)
{
	static char path[64], arg0[16], arg1[64], *argv[4];
	uint64_t go = 1, got[4] = { 0 };
	int efd = eventfd(0, EFD_CLOEXEC), p[2], pid, other, warm[4];
	char text[64] = "";

	CHECK(efd >= 0 && !pipe2(p, O_CLOEXEC));
	memset(path, 0, sizeof(path));
	put_clone(r, SOFT, 1);
	put_read(r, SOFT, 2, efd, &got[0], 8);
	put_call(r, SOFT, 3, __NR_dup2, p[1], 1, 0, 0);
	struct io_uring_sqe *s = put_exec(r, 0, 4, path, argv);
	(void)s;
	EQUAL(submit(r), 4);
	pid = result(r, 1);
	UNTIL(state(pid) == 'S');

	for (int i = 0; i < 5; i++) {
		put_clone(r, SOFT, 11);
		put_exec(r, 0, 12, "/bin/true", ARGV("true"));
		EQUAL(submit(r), 2);
		other = result(r, 11);
		RESULT(r, 12, 0);
		exited(other, 0);
	}
	no_more_cqes(r);

	strcpy(path, "/bin/echo");
	strcpy(arg0, "echo");
	strcpy(arg1, "warm");
	argv[0] = arg0, argv[1] = arg1, argv[2] = NULL;
	CHECK(write(efd, &go, 8) == 8);
	RESULT(r, 2, 8);
	RESULT(r, 3, 1);
	RESULT(r, 4, 0);
	exited(pid, 0);
	CHECK(read(p[0], text, sizeof(text)) == 5 && !memcmp(text, "warm\n", 5));

	/* four that wait, woken by the last of them first */
	int e[4];
	for (int i = 0; i < 4; i++) {
		e[i] = eventfd(0, EFD_CLOEXEC);
		put_clone(r, SOFT, 20 + i);
		put_read(r, SOFT, 30 + i, e[i], &got[i], 8);
		put_exec(r, 0, 40 + i, "/bin/true", ARGV("true"));
	}
	EQUAL(submit(r), 12);
	for (int i = 0; i < 4; i++)
		CHECK((warm[i] = result(r, 20 + i)) > 0);
	for (int i = 3; i >= 0; i--) {
		CHECK(write(e[i], &go, 8) == 8);
		RESULT(r, 30 + i, 8);
		RESULT(r, 40 + i, 0);
		exited(warm[i], 0);
		close(e[i]);
	}
	close(efd), close(p[0]), close(p[1]);

	with_work_for_the_submitter(r);
}
