// SPDX-License-Identifier: GPL-2.0
/*
 * The submitter executes another program, exits or is killed while its child sits in an EXEC that
 * waits: that is the child's own affair, and holds nobody up. The exec goes on, and so does a
 * search that it is part of.
 *
 * What waits is an exec of a file with a lease on it, and of one in a file system whose server does
 * not answer.
 */
#include "waits.h"

enum how { EXECS, EXITS, KILLED };

/* Runs in a process of its own; tells the child's pid. */
static void submitter(unsigned flags, enum how how, int tell, const char *const *paths)
{
	struct ring r;
	int pid, i;

	ring_open(&r, 8, flags);
	put_clone(&r, SOFT, 1);
	for (i = 0; paths[i]; i++)
		put_exec(&r, paths[i + 1] ? HARD : 0, 2 + i, paths[i], ARGV(paths[i]))->len =
			EXEC_F_SEARCH;
	submit(&r);
	pid = result(&r, 1);
	UNTIL(state(pid) == 'S' || state(pid) == 'D');
	usleep(50000);
	CHECK(write(tell, &pid, sizeof(pid)) == sizeof(pid));
	if (how == EXECS)
		execl(tiny_true(), "true", NULL);
	if (how == KILLED)
		pause();
	_exit(0);
}

/* What ends within a few seconds, or is stuck */
static int ends(pid_t pid)
{
	int status = 0;

	UNTIL(waitpid(pid, &status, WNOHANG) == pid);
	return status;
}

static int start(struct ring *r, enum how how, const char *const *paths, pid_t *child)
{
	int tell[2], pid;

	CHECK(!pipe2(tell, O_CLOEXEC));
	pid = fork();
	if (!pid)
		submitter(r->flags, how, tell[1], paths);
	CHECK(read(tell[0], child, sizeof(*child)) == sizeof(*child));
	close(tell[0]), close(tell[1]);
	if (how == KILLED)
		kill(pid, SIGKILL);
	return pid;
}

static void lease(struct ring *r)
{
	const char *const *paths;
	char path[64];
	int held, pid, child, status;

	tiny_true();
	for (enum how how = EXECS; how <= KILLED; how++) {
		held = leased(path, "#!/bin/sh\nexit 3\n");
		paths = (const char *const[]){ "/nowhere", path, NULL };
		pid = start(r, how, paths, &child);
		status = ends(pid);
		CHECK(how == KILLED ? WIFSIGNALED(status) : status == 0);
		UNTIL(state(child) == 'S');
		lease_release(held);
		exited(child, 3);
		unlink(path);
	}

	/* not the last candidate: those behind it are tried without the ring */
	held = leased(path, "#!/nowhere\n");
	paths = (const char *const[]){ path, "/nowhere", tiny_true(), NULL };
	pid = start(r, EXECS, paths, &child);
	EQUAL(ends(pid), 0);
	lease_release(held);
	exited(child, 0);
	unlink(path);

	/* and if there is none: an ordinary end */
	held = leased(path, "#!/nowhere\n");
	paths = (const char *const[]){ path, "/nowhere", NULL };
	pid = start(r, EXECS, paths, &child);
	EQUAL(ends(pid), 0);
	lease_release(held);
	killed(child, SIGKILL);
	unlink(path);

	/* killed meanwhile */
	held = leased(path, "#!/bin/sh\n");
	paths = (const char *const[]){ path, "/nowhere", NULL };
	pid = start(r, EXECS, paths, &child);
	EQUAL(ends(pid), 0);
	kill(child, SIGKILL);
	killed(child, SIGKILL);
	lease_release(held);
	unlink(path);
}

static const char mountpoint[] = "/dev/shm/left_waiting";

static void fuse_end(int fd)
{
	/* calls everything off: who waits for the server has a copy of its end as well */
	CHECK(!umount2(mountpoint, MNT_FORCE | MNT_DETACH));
	close(fd);
	rmdir(mountpoint);
}

/* Executes something while its child looks up a path. */
static void looks_up(unsigned flags, int tell, const char *path, struct pollfd *asked)
{
	struct ring r;
	int child;

	ring_open(&r, 8, flags);
	put_clone(&r, SOFT, 1);
	put_call(&r, SOFT, 2, __NR_chdir, (uintptr_t)path, 0, 0, 0);
	put_exec(&r, 0, 3, tiny_true(), ARGV("true"));
	submit(&r);
	child = result(&r, 1);
	CHECK(poll(asked, 1, 10000) == 1);
	CHECK(write(tell, &child, sizeof(child)) == sizeof(child));
	execl(tiny_true(), "true", NULL);
	_exit(1);
}

static void fuse(struct ring *r)
{
	const char *const paths[] = { "/dev/shm/left_waiting/program", NULL };
	char request[FUSE_MIN_READ_BUFFER];
	struct pollfd p = { .events = POLLIN };
	int pid, child, status, tell[2];

	for (int taken = 0; taken < 2; taken++)
		for (enum how how = EXECS; how <= KILLED; how++) {
			/* taken: a request that is with the server can't be called off, by SIGKILL
			 * neither */
			p.fd = silent_fuse(mountpoint);
			CHECK(!pipe2(tell, O_CLOEXEC));
			pid = fork();
			if (!pid)
				submitter(r->flags, how, tell[1], paths);
			CHECK(poll(&p, 1, 10000) == 1);
			if (taken)
				CHECK(read(p.fd, request, sizeof(request)) > 0);
			CHECK(read(tell[0], &child, sizeof(child)) == sizeof(child));
			close(tell[0]), close(tell[1]);
			if (how == KILLED)
				kill(pid, SIGKILL);
			ends(pid);
			UNTIL(state(child) == 'S');
			if (!taken) {
				kill(child, SIGKILL);
				killed(child, SIGKILL);
			}
			fuse_end(p.fd);
			if (taken)
				killed(child, SIGKILL);
		}

	/* no exec: who executes something waits for it, but not for long */
	for (enum how how = EXECS; how <= KILLED; how += KILLED - EXECS) {
		p.fd = silent_fuse(mountpoint);
		CHECK(!pipe2(tell, O_CLOEXEC));
		pid = fork();
		if (!pid)
			looks_up(r->flags, tell[1], paths[0], &p);
		CHECK(read(tell[0], &child, sizeof(child)) == sizeof(child));
		close(tell[0]), close(tell[1]);
		if (how == KILLED)
			kill(pid, SIGKILL);
		status = ends(pid);
		CHECK(how == KILLED ? WIFSIGNALED(status) : status == 0);
		killed(child, SIGKILL);
		fuse_end(p.fd);
	}
}

static void test(struct ring *r)
{
	/* orphans come to us */
	CHECK(!prctl(PR_SET_CHILD_SUBREAPER, 1));
	lease(r);
	fuse(r);
	CHECK(!prctl(PR_SET_CHILD_SUBREAPER, 0));
}
