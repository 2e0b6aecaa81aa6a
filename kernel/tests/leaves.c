// SPDX-License-Identifier: GPL-2.0
/*
 * The submitter exits, executes a program or is killed while its chain waits: it does not hang, and
 * the chain does not outlive it. A chain that does not wait gets to its program all the same.
 */
#include "lib.h"
#include <pthread.h>

enum how { EXITS, EXECS, KILLED, CLOSES };

/* In a process of its own: a chain on a ring like `r`, then the end. Tells the child's pid through
 * `tell`. */
static void submitter(unsigned flags, enum how how, int tell, int wait_fd, int mark_fd)
{
	struct ring r;
	char buf[8];
	int pid;

	ring_open(&r, 8, flags);
	put_clone(&r, SOFT, 1);
	if (wait_fd >= 0) {
		put_read(&r, SOFT, 2, wait_fd, buf, 1);
		put_exec(&r, 0, 3, "/bin/true", ARGV("true"));
	} else {
		put_call(&r, SOFT, 2, __NR_dup2, mark_fd, 1, 0, 0);
		put_exec(&r, 0, 3, "/bin/echo", ARGV("echo", "here"));
	}
	submit(&r);
	if (wait_fd >= 0) {
		pid = result(&r, 1);
		UNTIL(state(pid) == 'S');
		if (write(tell, &pid, sizeof(pid)) != sizeof(pid))
			_exit(1);
	}
	switch (how) {
	case EXITS:
		_exit(0);
	case EXECS:
		execl("/bin/true", "true", NULL);
		_exit(1);
	case CLOSES:
		/* the child has the ring as well, and in the end only the child */
		munmap(r.map, r.map_len);
		munmap(r.sqes, r.sqes_len);
		close(r.fd);
		_exit(0);
	default:
		pause();
		_exit(1);
	}
}

static void *thread_main(void *arg)
{
	void **a = arg;
	struct ring *r = a[0];
	int *fds = a[1];
	static char buf[8];

	ring_open(r, 8, (uintptr_t)a[2]);
	put_clone(r, SOFT, 1);
	put_read(r, SOFT, 2, fds[0], buf, 1);
	put_exec(r, 0, 3, "/bin/true", ARGV("true"));
	submit(r);
	a[3] = (void *)(uintptr_t)result(r, 1);
	return NULL;
}

static void test(struct ring *r)
{
	int p[2], tell[2], mark[2], pid, child;
	char text[16];

	/* orphans come to us */
	CHECK(!prctl(PR_SET_CHILD_SUBREAPER, 1));
	for (enum how how = EXITS; how <= CLOSES; how++) {
		CHECK(!pipe2(p, O_CLOEXEC) && !pipe2(tell, O_CLOEXEC));
		pid = fork();
		if (!pid)
			submitter(r->flags, how, tell[1], p[0], -1);
		CHECK(read(tell[0], &child, sizeof(child)) == sizeof(child));
		if (how == KILLED) {
			kill(pid, SIGKILL);
			killed(pid, SIGKILL);
		} else {
			exited(pid, 0);
		}
		/* after exec it has been a child of the program, which has not waited for it */
		killed(child, SIGKILL);
		close(p[0]), close(p[1]), close(tell[0]), close(tell[1]);
	}

	/* fire and forget: only those that don't wait */
	for (enum how how = EXITS; how <= CLOSES; how++) {
		if (how == KILLED)
			continue;
		for (int i = 0; i < 6; i++) {
			CHECK(!pipe2(mark, O_CLOEXEC));
			pid = fork();
			if (!pid)
				submitter(r->flags, how, -1, -1, mark[1]);
			exited(pid, 0);
			close(mark[1]);
			memset(text, 0, sizeof(text));
			CHECK(read(mark[0], text, sizeof(text)) == 5);
			close(mark[0]);
			int status;
			CHECK(waitpid(-1, &status, 0) > 0);
			CHECK(WIFEXITED(status) && !WEXITSTATUS(status));
		}
	}

	/* only the thread that has submitted ends: its chain ends, the process goes on */
	struct ring other;
	pthread_t thread;
	void *arg[4] = { &other, p, (void *)(uintptr_t)r->flags, NULL };
	siginfo_t info;

	CHECK(!pipe2(p, O_CLOEXEC));
	CHECK(!pthread_create(&thread, NULL, thread_main, arg));
	CHECK(!pthread_join(thread, NULL));
	child = (uintptr_t)arg[3];
	CHECK(!waitid(P_PID, child, &info, WEXITED));
	EQUAL(info.si_status, SIGKILL);
	ring_close(&other);
	close(p[0]), close(p[1]);
	CHECK(!prctl(PR_SET_CHILD_SUBREAPER, 0));
}
