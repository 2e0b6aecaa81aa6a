// SPDX-License-Identifier: GPL-2.0
/*
 * A submission entry is memory that another thread writes to while the kernel reads it. Whatever
 * comes of that, no personality gets into a chain: an exec with other credentials put on would
 * panic, and a child of CLONE would be born with them.
 */
#include "lib.h"
#include <pthread.h>

static struct io_uring_sqe *volatile flipped;
static volatile unsigned short flip_to;
static volatile int stop;

static void *flip(void *arg)
{
	while (!stop) {
		struct io_uring_sqe *s = flipped;

		if (!s)
			continue;
		for (int i = 0; i < 64; i++) {
			__atomic_store_n(&s->personality, flip_to, __ATOMIC_RELAXED);
			__atomic_store_n(&s->personality, 0, __ATOMIC_RELAXED);
		}
	}
	return arg;
}

/* Exits with 9 if it is root, else with 0. */
static const char *tiny_whoami(void)
{
	static const unsigned char code[] = {
		0xb8, 0x6b, 0,    0,    0,    0x0f, 0x05, /* geteuid() */
		0x31, 0xff, 0x85, 0xc0, 0x75, 0x05,       /* edi = 0; if it is 0: */
		0xbf, 0x09, 0,    0,    0,                /* edi = 9 */
		0xb8, 0x3c, 0,    0,    0,    0x0f, 0x05, /* exit(edi) */
	};

	return tiny_program("/dev/shm/tiny_whoami", code, sizeof(code));
}

/* Each in turn of the three requests of a chain is the one that is written to. */
static void chain(struct ring *r, int which, const char *whoami, int *started)
{
	struct io_uring_sqe *s[3];
	int pid, umask_res, exec_res, status;

	s[0] = put_clone(r, SOFT, 1);
	s[1] = put_call(r, SOFT, 2, __NR_setresuid, -1, -1, -1, 0);
	s[2] = put_exec(r, 0, 3, whoami, ARGV("whoami"));
	flipped = s[which];
	submit(r);
	pid = result(r, 1);
	umask_res = result(r, 2);
	exec_res = result(r, 3);
	flipped = NULL;
	if (pid < 0) {
		CHECK(pid == -EINVAL || pid == -ECANCELED);
		return;
	}
	EQUAL(umask_res, 0);
	EQUAL(exec_res, 0);
	CHECK(waitpid(pid, &status, 0) == pid);
	if (!WIFEXITED(status) || WEXITSTATUS(status))
		FAIL("an ordinary user's child ended with %#x (0x900: it was root)", status);
	++*started;
}

static void as_user(unsigned flags, const char *whoami)
{
	time_t end = time(NULL) + campaign();
	int started = 0, n = share_of(600);
	pthread_t thread;
	struct ring r;

	ring_open(&r, 64, flags);
	/* root's: what a privileged process may leave on the ring that it hands on */
	flip_to = syscall(__NR_io_uring_register, r.fd, IORING_REGISTER_PERSONALITY, NULL, 0);
	CHECK(flip_to > 0);
	CHECK(!syscall(__NR_setresgid, 4321, 4321, 4321));
	CHECK(!syscall(__NR_setresuid, 4321, 4321, 4321));
	CHECK(!pthread_create(&thread, NULL, flip, NULL));
	/* ... and until both things have happened: that it goes well, and that it is refused */
	for (int i = 0; i < n || time(NULL) < end || ((!started || started == i) && i < 50 * n);
	     i++)
		chain(&r, i % 3, whoami, &started);
	stop = 1;
	pthread_join(thread, NULL);
	ring_close(&r);
	CHECK(started > 0);
	_exit(0);
}

static void test(struct ring *r)
{
	const char *whoami = tiny_whoami();
	int pid = fork();

	if (!pid)
		as_user(r->flags, whoami);
	exited(pid, 0);
}
