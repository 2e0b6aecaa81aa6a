// SPDX-License-Identifier: GPL-2.0
/*
 * A traced submitter is killed or exits while many of its children leave its memory, so that their
 * reports come to a task that is past all stops: they are left out, and everybody ends.
 */
#include "tracer.h"

#define CHAINS 12

static void submitter(unsigned flags)
{
	struct ring r;

	ring_open(&r, 2 * CHAINS, flags);
	for (int i = 0; i < CHAINS; i++) {
		put_clone(&r, SOFT, 1);
		put_exec(&r, 0, 2, tiny_true(), ARGV("true"));
	}
	if (submit(&r) != 2 * CHAINS)
		_exit(98);
	for (;;)
		pause();
}

/* Waits until the submitter has told of all its children, and holds each of them where it was born.
 */
static void hold_children(pid_t parent, pid_t *children)
{
	int told = 0, held = 0, status;
	pid_t pid;

	while (told < CHAINS || held < CHAINS) {
		pid = waitpid(-1, &status, __WALL);
		CHECK(pid > 0 && WIFSTOPPED(status));
		if (pid != parent) {
			CHECK(held < CHAINS);
			children[held++] = pid;
			continue;
		}
		told += status >> 8 == EVENT_STOP(PTRACE_EVENT_VFORK);
		CHECK(!ptrace(PTRACE_CONT, pid, 0, 0));
	}
}

static void test(struct ring *r)
{
	time_t end = time(NULL) + campaign();
	int rounds = share_of(120), status;

	tiny_true();
	/* orphans come to us */
	CHECK(!prctl(PR_SET_CHILD_SUBREAPER, 1));
	srand(1);
	for (int i = 0; i < rounds || time(NULL) < end; i++) {
		unsigned delay = rand() % (1u << rand() % 18);
		pid_t children[CHAINS], pid = fork();
		int first = rand() % (CHAINS + 1);

		if (!pid) {
			raise(SIGSTOP);
			submitter(r->flags);
		}
		EQUAL(waitpid(pid, &status, WUNTRACED), pid);
		CHECK(!ptrace(PTRACE_SEIZE, pid, 0,
			      PTRACE_O_TRACEVFORK | PTRACE_O_TRACEVFORKDONE | PTRACE_O_EXITKILL));
		kill(pid, SIGCONT);
		hold_children(pid, children);
		/* some leave before the signal, and the others after it */
		for (int n = 0; n < first; n++)
			CHECK(!ptrace(PTRACE_CONT, children[n], 0, 0));
		for (volatile unsigned n = 0; n < delay; n++)
			;
		kill(pid, SIGKILL);
		for (int n = first; n < CHAINS; n++)
			ptrace(PTRACE_CONT, children[n], 0, 0);
		/* one that had ended before the submitter did comes twice: to its tracer, and to us
		 */
		while ((pid = waitpid(-1, &status, __WALL)) > 0)
			if (WIFSTOPPED(status))
				ptrace(PTRACE_CONT, pid, 0, 0);
		EQUAL(errno, ECHILD);
	}
	CHECK(!prctl(PR_SET_CHILD_SUBREAPER, 0));
}
