// SPDX-License-Identifier: GPL-2.0
/*
 * The submitter executes something, exits, closes its ring, or is killed, at any moment of chains
 * that wait: for a lease, for a FUSE server that says nothing, for a page of memory that nobody
 * brings, for a pipe; or for nothing.
 */
#define AS_ROOT /* mounts FUSE */
#include "chain.h"
#include "../tests/waits.h"

static const char mountpoint[] = "/dev/shm/hostile-left", in_it[] = "/dev/shm/hostile-left/x";

static void prepare(void)
{
}

/* One chain that waits somewhere */
static void put_waiting(struct ring *r, struct stock *s, const char *leased, void *page)
{
	struct io_uring_sqe *e;

	if (one_in(2))
		put_clone_fds(r, (const struct fd_entry[]){ { 0, 0 } }, 1);
	else
		put_clone(r, SOFT, 1);
	for (unsigned i = any(3); i > 0; i--)
		put_some_call(r, s, 2);
	switch (any(8)) {
	case 0:
		put_exec(r, HARD, 3, leased, ARGV("x"))->addr2 = 0;
		break;
	case 1:
		put_exec(r, HARD, 3, in_it, ARGV("x"))->addr2 = 0;
		break;
	case 2:
		put_exec(r, HARD, 3, "/dev/shm/tiny_true", page);
		break;
	case 3:
		put_exec(r, HARD, 3, page, ARGV("x"))->addr2 = 0;
		break;
	case 4:
		put_read(r, SOFT, 3, s->pipe[0], s->buf, 1);
		break;
	case 5:
		put_read(r, SOFT, 3, s->zero, page, 64)->off = 0;
		break;
	case 6:
		e = sqe(r, OP_SPAWN_CALL, SOFT, 3);
		e->len = __NR_chdir;
		s->args[63][0] = (uintptr_t)in_it;
		e->addr = (uintptr_t)s->args[63];
		break;
	default:
		break;
	}
	for (unsigned i = any(5); i > 0; i--)
		put_exec(r, HARD, 4, "/nowhere", ARGV("x"))->addr2 = 0;
	put_exec(r, 0, 5, "/dev/shm/tiny_true", ARGV("x"))->addr2 = 0;
}

static void submitter(unsigned flags, const char *leased)
{
	void *page = one_page();
	struct stock s;
	struct ring r;

	faults_of(page, 0);
	stock_open(&s);
	ring_open(&r, 64, flags);
	for (unsigned i = 1 + any(4); i > 0; i--)
		put_waiting(&r, &s, leased, page);
	submit(&r);
	a_while();
	switch (any(4)) {
	case 0:
		execl("/dev/shm/tiny_true", "true", NULL);
		break;
	case 1:
		ring_close(&r);
		a_while();
		break;
	case 2:
		pause();
		break;
	default:
		break;
	}
	_exit(0);
}

static void attack(unsigned flags)
{
	static char request[FUSE_MIN_READ_BUFFER];
	char path[64];
	int lease = leased(path, "#!/dev/shm/tiny_true\n"), server = silent_fuse(mountpoint);
	pid_t pids[4];

	for (int i = 0; i < 4; i++) {
		pids[i] = fork();
		if (!pids[i]) {
			srandom(random() + i);
			submitter(flags, path);
		}
	}
	for (int i = 0; i < 4; i++) {
		a_while();
		if (one_in(2))
			read(server, request, sizeof(request));
		kill(pids[any(4)], one_in(2) ? SIGKILL : SIGTERM);
	}
	if (one_in(2))
		lease_release(lease);
	a_while();
	/* calls everything off, for those who have asked */
	umount2(mountpoint, MNT_FORCE | MNT_DETACH);
	close(server);
	unlink(path);
}
