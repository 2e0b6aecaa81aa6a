/* The attributes of a call but for the signal mask, in the order in which libc sets them. */
#define _GNU_SOURCE
#include <sched.h>
#include <signal.h>
#include <unistd.h>

#include "call.h"

#ifndef POSIX_SPAWN_SETSID
#define POSIX_SPAWN_SETSID 0x80
#endif

static void add_default_signals(struct chain *chain, const posix_spawnattr_t *attr)
{
	sigset_t set;

	posix_spawnattr_getsigdefault(attr, &set);
	/* The birth or exec resets handlers, so only ignored signals need a step. A signal that may
	 * never be ignored needs none either. */
	for (int sig = 1; sig <= KERNEL_NSIG; sig++) {
		struct kernel_sigaction now;

		if ((((const uint64_t *)&set)[0] >> (sig - 1) & 1) &&
		    sys4(SYS_rt_sigaction, sig, 0, (long)&now, KERNEL_SIGSET_SIZE) == 0 &&
		    now.handler == SIG_IGN)
			add_step(chain, RS_STEP_SIGNALS, sig, (intptr_t)SIG_DFL, 0);
	}
}

static int add_scheduler(struct chain *chain, const posix_spawnattr_t *attr, short flags)
{
	struct sched_param param = { 0 };
	int policy;

	posix_spawnattr_getschedparam(attr, &param);
	if (flags & POSIX_SPAWN_SETSCHEDULER)
		posix_spawnattr_getschedpolicy(attr, &policy);
	else
		policy = (int)sys1(SYS_sched_getscheduler, 0);
	/* With this flag the child's policy is not its parent's, and only the child knows it. */
	if (!(flags & POSIX_SPAWN_SETSCHEDULER) && (policy & SCHED_RESET_ON_FORK))
		return 0;
	add_step(chain, RS_STEP_SCHEDULER, 0, policy, param.sched_priority);
	return 1;
}

/* In most programs there is nothing to change, and then the child needs no copy of the memory. */
static void add_ids(struct chain *chain)
{
	uid_t uid = getuid();
	gid_t gid = getgid();

	/* No id is -1, so the kernel changes none and tells which one it is now. */
	if (geteuid() == uid && (uid_t)sys1(SYS_setfsuid, -1) == uid && getegid() == gid &&
	    (gid_t)sys1(SYS_setfsgid, -1) == gid)
		return;
	add_step(chain, RS_STEP_UID, -1, uid, -1);
	add_step(chain, RS_STEP_GID, -1, gid, -1);
	chain->changes_ids = 1;
}

int attributes_add(struct chain *chain, const posix_spawnattr_t *attr, short flags)
{
	pid_t group;

	if (flags & POSIX_SPAWN_SETSIGDEF)
		add_default_signals(chain, attr);
	if ((flags & (POSIX_SPAWN_SETSCHEDPARAM | POSIX_SPAWN_SETSCHEDULER)) &&
	    !add_scheduler(chain, attr, flags))
		return 0;
	if (flags & POSIX_SPAWN_SETSID)
		add_step(chain, RS_STEP_SESSION, 0, 0, 0);
	if (flags & POSIX_SPAWN_SETPGROUP) {
		posix_spawnattr_getpgroup(attr, &group);
		add_step(chain, RS_STEP_PROCESS_GROUP, 0, group, 0);
	}
	if (flags & POSIX_SPAWN_RESETIDS)
		add_ids(chain);
	return 1;
}
