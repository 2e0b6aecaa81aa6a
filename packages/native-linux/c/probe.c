/*
 * Whether the vfork executor works here. It is found out by a trial, because the version of a
 * kernel does not tell: sandboxes refuse calls that the kernel has, and gVisor, WSL1 and qemu-user
 * accept CLONE_VM and copy the memory.
 *
 *   Linux 5.2  CLONE_PIDFD
 *   Linux 5.3  clone3, which default profiles of containers refuse; a pidfd in epoll
 *   Linux 5.4  waitid(P_PIDFD)
 *   Linux 5.5  CLONE_CLEAR_SIGHAND
 *   Linux 5.9  close_range
 */
#define _GNU_SOURCE
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <unistd.h>

#include "engine.h"
#include "kernel.h"
#include "ringspawn.h"
#include "uring.h"
#include "vfork.h"
#include "vfork_birth.h"

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static int asked;
static struct rs_probe answer; /* of the vfork executor */

/* 0, or the errno that shows what is missing. The child of this pidfd has been reaped. */
static int pidfd_works(int pidfd)
{
	struct epoll_event event = { .events = EPOLLIN | EPOLLONESHOT };
	int epoll_fd, ready, error = 0;

	if (pidfd < 0)
		return EBADF; /* the kernel ignored CLONE_PIDFD */
	epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	if (epoll_fd < 0)
		return errno;
	if (epoll_ctl(epoll_fd, EPOLL_CTL_ADD, pidfd, &event) != 0) {
		/* Too many watches of this user: the caller looks at its children by a timer. */
		error = errno == ENOSPC ? 0 : errno;
	} else {
		/* A child that is gone needs no time, so a busy machine cannot be taken for one
		 * that tells nothing of the end. */
		do
			ready = epoll_wait(epoll_fd, &event, 1, 0);
		while (ready < 0 && errno == EINTR);
		if (ready != 1)
			error = ready < 0 ? errno : ENOSYS;
	}
	close(epoll_fd);
	return error;
}

static void say(struct rs_probe *out, enum rs_probe_part part, int error)
{
	out->part = part;
	out->error = error;
}

/* A child that is born to see what works, on a stack that is given back when it has been reaped. */
struct trial {
	struct probe_child child;
	struct vfork_birth birth;
	void *stack;
	size_t stack_size;
};

/* The child's pid; or 0, where it has been said why there is none. */
static long trial_begin(struct trial *trial, uint64_t flags, struct rs_probe *out)
{
	uint64_t signals;
	long pid;

	trial->birth = (struct vfork_birth){
		.flags = flags, .cgroup_fd = -1, .child = probe_child, .arg = &trial->child
	};
	trial->stack = stack_map(&trial->stack_size);
	if (trial->stack == NULL) {
		say(out, RS_PROBE_CLONE, errno);
		return 0;
	}
	trial->birth.stack_top = (char *)trial->stack + trial->stack_size;
	signals_block(&signals);
	pid = vfork_birth_run(&trial->birth);
	signals_restore(&signals);
	if (pid > 0)
		return pid;
	say(out, RS_PROBE_CLONE, (int)-pid);
	munmap(trial->stack, trial->stack_size);
	return 0;
}

/*
 * Reaps the trial's child, and says what came of its birth. Who has waited for all children, as an
 * init of a container does in a thread, may have reaped it before: then what it has written tells
 * that it came to its end. One that was killed from outside, as for want of memory, has shown
 * nothing.
 */
static void trial_end(struct trial *trial, long pid, struct rs_probe *out)
{
	int signal;
	long reaped = child_reap(trial->birth.pidfd, pid, &signal);

	if (trial->child.said == PROBE_CHILD_SAID)
		say(out, RS_PROBE_OK, 0);
	else if (signal == SIGKILL || reaped == -ECHILD)
		say(out, RS_PROBE_CLONE, EINTR);
	else
		say(out, RS_PROBE_MEMORY, 0);
	if (reaped < 0 && reaped != -ECHILD)
		say(out, RS_PROBE_PIDFD, (int)-reaped);
	munmap(trial->stack, trial->stack_size);
}

void vfork_probe_memory(struct rs_probe *out)
{
	struct trial trial = { .child = { .only_says = 1 } };
	long pid = trial_begin(&trial, KERNEL_CLONE_VM, out);

	if (pid != 0)
		trial_end(&trial, pid, out);
}

void vfork_probe(struct rs_probe *out)
{
	struct trial trial = { .child = { .said = 0 } };
	long pid = trial_begin(&trial, KERNEL_CLONE_VM | KERNEL_CLONE_PIDFD, out);
	int error;

	out->clone3 = clone3_refused();
	if (pid == 0)
		return;
	trial_end(&trial, pid, out);
	error = pidfd_works(trial.birth.pidfd);
	if (trial.birth.pidfd >= 0)
		close(trial.birth.pidfd);
	if (out->part != RS_PROBE_OK)
		return;
	if (error != 0)
		say(out, RS_PROBE_PIDFD, error);
	else if (trial.child.close_range < 0)
		say(out, RS_PROBE_CLOSE_RANGE, (int)-trial.child.close_range);
}

/*
 * Whether the sandbox lets pidfd_send_signal pass. The trial's child has ended, so the call is made
 * with an fd that is none: the kernel answers EBADF, and a sandbox what it answers to every call.
 * Without this call no child could be signalled, because by its pid another process might be hit.
 * The preload library signals nobody, and so its trials leave this out.
 */
static void try_signal(struct rs_probe *out)
{
	int error = -rs_kill(-1, 0);

	if (out->part == RS_PROBE_OK && error != EBADF)
		say(out, RS_PROBE_SIGNAL, error);
}

int probe_is_final(const struct rs_probe *found)
{
	/* What another kernel's ABI has for a number is no errno. */
	if (found->part == RS_PROBE_SPAWN_ABI)
		return 1;
	return found->error != EAGAIN && found->error != ENOMEM && found->error != EMFILE &&
	       found->error != ENFILE && found->error != EINTR;
}

int rs_probe(struct rs_probe *out)
{
	if (out == NULL)
		return -EFAULT;
	if (out->size != sizeof(*out))
		return -EINVAL;
	pthread_mutex_lock(&lock);
	if (!asked) {
		vfork_probe(&answer);
		try_signal(&answer);
	}
	asked = probe_is_final(&answer);
	*out = answer;
	out->size = sizeof(*out);
	pthread_mutex_unlock(&lock);
	return 0;
}

int rs_probe_io_uring(struct rs_probe *out)
{
	static struct rs_probe kept;
	static int is_kept;

	if (out == NULL)
		return -EFAULT;
	if (out->size != sizeof(*out))
		return -EINVAL;
	pthread_mutex_lock(&lock);
	if (!is_kept) {
		kept = (struct rs_probe){ .size = sizeof(kept) };
		uring_probe(&kept);
		try_signal(&kept);
	}
	is_kept = probe_is_final(&kept);
	*out = kept;
	pthread_mutex_unlock(&lock);
	return 0;
}
