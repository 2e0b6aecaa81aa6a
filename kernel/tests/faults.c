// SPDX-License-Identifier: GPL-2.0
/*
 * What a chain reads and writes is memory that page faults may have to bring, and a program may
 * deal with those as late as it likes, or never. The chain waits; it goes on with what it is given;
 * nobody but it waits, and SIGKILL ends it.
 */
#include "waits.h"

enum how { STAYS, EXITS, EXECS, CLOSES, KILLED, HOWS };

static void *a_page(void)
{
	/* the same for all, who are forks of one another */
	void *page = mmap((void *)0x700000000000, 4096, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);

	CHECK(page != MAP_FAILED);
	return page;
}

struct told {
	int pid, uffd;
};

/* What the child reads from the page: EXEC its argv, READ into it. */
static void submitter(unsigned flags, enum how how, int reads, int tell, int go)
{
	char *page = a_page(), c;
	struct told told = { .uffd = faults_of(page, 0) };
	struct fd_entry zero = { 0, open("/dev/zero", O_RDONLY | O_CLOEXEC) };
	struct ring r;

	ring_open(&r, 8, flags);
	/* without the ring, so that it goes with the submitter */
	put_clone_fds(&r, &zero, 1);
	if (reads)
		put_read(&r, SOFT, 2, 0, page, 64)->off = 0;
	put_exec(&r, 0, 3, "/bin/sh", reads ? ARGV("sh", "-c", "exit 3") : (char **)page);
	CHECK(submit(&r) == 2 + reads);
	told.pid = result(&r, 1);
	CHECK(write(tell, &told, sizeof(told)) == sizeof(told));
	CHECK(read(go, &c, 1) == 1);
	switch (how) {
	case STAYS:
		if (reads)
			RESULT(&r, 2, 64);
		RESULT(&r, 3, 0);
		exited(told.pid, 3);
		break;
	case EXECS:
		execl(tiny_true(), "true", NULL);
		_exit(1);
	case CLOSES:
		ring_close(&r);
		pause();
		break;
	case KILLED:
		pause();
		break;
	default:
		break;
	}
	_exit(0);
}

/* argv and its strings, as they are to be at the page's address */
static void bring(int uffd)
{
	static char from[4096] __attribute__((aligned(4096)));
	char **argv = (char **)from, *page = (char *)0x700000000000;
	static const char strings[] = "sh\0-c\0exit 3";

	memcpy(from + 1024, strings, sizeof(strings));
	argv[0] = page + 1024;
	argv[1] = page + 1024 + 3;
	argv[2] = page + 1024 + 6;
	argv[3] = NULL;
	CHECK(!ioctl(uffd, UFFDIO_COPY,
		     &(struct uffdio_copy){
			     .dst = (uintptr_t)page, .src = (uintptr_t)from, .len = 4096 }));
}

static int ends(pid_t pid)
{
	int status = 0;

	UNTIL(waitpid(pid, &status, WNOHANG) == pid);
	return status;
}

/* Returns the fd of the faults; the child has met one. */
static int start(struct ring *r, enum how how, int reads, pid_t *pid, pid_t *child)
{
	struct pollfd fault = { .events = POLLIN };
	struct told told;
	int tell[2], go[2], pidfd;

	CHECK(!pipe2(tell, O_CLOEXEC) && !pipe2(go, O_CLOEXEC));
	*pid = fork();
	if (!*pid)
		submitter(r->flags, how, reads, tell[1], go[0]);
	CHECK(read(tell[0], &told, sizeof(told)) == sizeof(told));
	*child = told.pid;
	pidfd = syscall(__NR_pidfd_open, *pid, 0);
	fault.fd = syscall(__NR_pidfd_getfd, pidfd, told.uffd, 0);
	CHECK(fault.fd >= 0);
	close(pidfd);
	if (poll(&fault, 1, 10000) != 1 || fault.revents != POLLIN)
		FAIL("no fault of %s, way %d", reads ? "READ" : "EXEC", how);
	CHECK(write(go[1], "", 1) == 1);
	close(tell[0]), close(tell[1]), close(go[0]), close(go[1]);
	return fault.fd;
}

/* EXEC: it is the child's own affair, whatever the submitter does. */
static void argv_waits(struct ring *r)
{
	pid_t pid, child;
	int uffd, status;

	for (enum how how = STAYS; how < HOWS; how++)
		for (int kill_child = 0; kill_child < 2; kill_child++) {
			if (how == STAYS && kill_child)
				continue;
			uffd = start(r, how, 0, &pid, &child);
			if (how == KILLED)
				kill(pid, SIGKILL);
			if (how != STAYS && how != CLOSES) {
				status = ends(pid);
				CHECK(how == KILLED ? WIFSIGNALED(status) : status == 0);
			}
			if (kill_child)
				kill(child, SIGKILL);
			else
				bring(uffd);
			if (how == CLOSES) {
				/* still the submitter's child */
				UNTIL(state(child) == 'Z');
				kill(pid, SIGKILL);
				killed(pid, SIGKILL);
			}
			if (how == STAYS)
				exited(pid, 0);
			else if (kill_child)
				killed(child, SIGKILL);
			else
				exited(child, 3);
			close(uffd);
		}
}

/* Another request: nobody will bring that page, and the chain ends when its submitter leaves. */
static void read_waits(struct ring *r)
{
	pid_t pid, child;
	int uffd;

	uffd = start(r, STAYS, 1, &pid, &child);
	bring(uffd);
	exited(pid, 0);
	close(uffd);

	for (enum how how = EXITS; how < HOWS; how++) {
		uffd = start(r, how, 1, &pid, &child);
		if (how == KILLED)
			kill(pid, SIGKILL);
		if (how == CLOSES) {
			UNTIL(state(child) == 'Z');
			kill(pid, SIGKILL);
		}
		ends(pid);
		killed(child, SIGKILL);
		close(uffd);
	}
}

static void test(struct ring *r)
{
	tiny_true();
	/* orphans come to us */
	CHECK(!prctl(PR_SET_CHILD_SUBREAPER, 1));
	argv_waits(r);
	read_waits(r);
	CHECK(!prctl(PR_SET_CHILD_SUBREAPER, 0));
}
