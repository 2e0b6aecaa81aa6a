/*
 * The order of the steps, here and nowhere else. Why this order:
 *
 *   namespaces first: what follows counts inside them.
 *   session before the process group (a group leader cannot setsid), both before the terminal.
 *   fds before the terminal, which is an fd of the child; before limits, or RLIMIT_NOFILE would
 *     forbid them.
 *   limits, priorities, affinity, scheduler before the ids: raising them takes privilege.
 *   root before cwd: cwd is a path inside it. Both before the ids: chroot takes privilege.
 *   groups before gid before uid: each takes a privilege that the last one gives away.
 *   the death signal after the ids: the kernel clears it when they change.
 *   no_new_privs after everything that privilege may be needed for.
 *   close_fds late: nothing behind it needs an fd. Signals last: until then all are blocked, so
 *     that a handler of the program can never run in the child.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "chain.h"
#include "engine.h"
#include "kernel.h"
#include "request.h"

extern char **environ;

/* The kernel refuses these two later: to a task that shares memory, and to any but its future
 * children. */
#define NAMESPACES_AT_BIRTH (KERNEL_CLONE_NEWUSER | KERNEL_CLONE_NEWPID)

static struct step *add(struct chain *chain, enum rs_step kind, uint32_t index, int64_t a,
			int64_t b, int64_t c)
{
	struct step *step = &chain->steps[chain->step_count++];

	*step = (struct step){ .kind = kind, .index = index, .args = { a, b, c } };
	return step;
}

static void add_fds(struct chain *chain, const struct request *request)
{
	for (uint32_t i = 0; i < request->head.slots.count; i++)
		add(chain, RS_STEP_FDS, i, request->ends[i].source, request->slots[i].target, 0);
}

static void add_limits(struct chain *chain, const struct request *request)
{
	for (uint32_t i = 0; i < request->head.limits.count; i++) {
		const struct rs_limit *limit = &request->limits[i];
		struct rlimit now = { RLIM_INFINITY, RLIM_INFINITY };

		/* The half that was not given stays as it is, and the call takes both. */
		if (limit->set != 3)
			getrlimit((int)limit->resource, &now);
		add(chain, RS_STEP_LIMITS, i, limit->resource,
		    (int64_t)(limit->set & 1 ? limit->soft : (uint64_t)now.rlim_cur),
		    (int64_t)(limit->set & 2 ? limit->hard : (uint64_t)now.rlim_max));
	}
}

/* As root, a child that changes its ids and keeps root's groups has not given root away. */
static int drops_groups(const struct rs_request *h)
{
	return !(h->set & RS_SET_GROUPS) && (h->set & (RS_SET_UID | RS_SET_GID)) && geteuid() == 0;
}

static void add_ids(struct chain *chain, const struct request *request)
{
	const struct rs_request *h = &request->head;

	if ((h->set & RS_SET_GROUPS) || drops_groups(h))
		add(chain, RS_STEP_GROUPS, 0, h->groups.count, 0, 0)->data = request->groups;
	if (h->set & RS_SET_GID)
		add(chain, RS_STEP_GID, 0, h->gid, h->gid, h->gid);
	if (h->set & RS_SET_UID)
		add(chain, RS_STEP_UID, 0, h->uid, h->uid, h->uid);
	chain->changes_ids = (h->set & (RS_SET_GID | RS_SET_UID)) != 0;
}

static void add_close_fds(struct chain *chain, const struct request *request)
{
	uint32_t from = 0, gap = 0;

	for (uint32_t i = 0; i < request->head.slots.count; i++) {
		uint32_t target = (uint32_t)request->slots[i].target;

		if (target > from)
			add(chain, RS_STEP_CLOSE_FDS, gap++, from, (int64_t)target - 1, 0);
		from = target + 1;
	}
	add(chain, RS_STEP_CLOSE_FDS, gap, from, UINT_MAX, 0);
}

static uint32_t fds_end(const struct request *request)
{
	int highest = request->head.set & RS_SET_TERMINAL ? request->head.terminal : -1;

	if (request->head.flags & RS_F_KEEP_FDS)
		return 0;
	for (uint32_t i = 0; i < request->head.slots.count; i++) {
		if (request->slots[i].target > highest)
			highest = request->slots[i].target;
		if (request->ends[i].source > highest)
			highest = request->ends[i].source;
	}
	return (uint32_t)highest + 1;
}

static int is_target(const struct request *request, int32_t target)
{
	for (uint32_t i = 0; i < request->head.slots.count; i++)
		if (request->slots[i].target == target)
			return 1;
	return 0;
}

/* Is all that the child has of our fds, at any time, what its slots say? */
static int has_slots_only(const struct request *request)
{
	const struct rs_request *h = &request->head;

	return !(h->flags & RS_F_KEEP_FDS) && h->slots.count > 0 &&
	       (!(h->set & RS_SET_TERMINAL) || is_target(request, h->terminal));
}

static void add_signals(struct chain *chain, const struct rs_request *h, uint64_t ignored)
{
	uint64_t reset = h->signals_default & ignored & ~h->signals_ignore;

	/* Handlers need no step: exec resets them, and the birth has done so before. */
	for (int sig = 1; sig <= KERNEL_NSIG; sig++) {
		uint64_t bit = 1ull << (sig - 1);

		if (reset & bit)
			add(chain, RS_STEP_SIGNALS, (uint32_t)sig, sig, (int64_t)(intptr_t)SIG_DFL,
			    0);
		else if (h->signals_ignore & bit)
			add(chain, RS_STEP_SIGNALS, (uint32_t)sig, sig, (int64_t)(intptr_t)SIG_IGN,
			    0);
	}
}

static void add_steps(struct chain *chain, const struct request *request,
		      const struct rs_engine *engine)
{
	const struct rs_request *h = &request->head;
	uint64_t unshared = h->namespaces & ~NAMESPACES_AT_BIRTH;

	if (unshared != 0)
		add(chain, RS_STEP_NAMESPACES, 0, (int64_t)unshared, 0, 0);
	if (h->flags & RS_F_SESSION)
		add(chain, RS_STEP_SESSION, 0, 0, 0, 0);
	if (h->set & RS_SET_PROCESS_GROUP)
		add(chain, RS_STEP_PROCESS_GROUP, 0, 0, h->process_group, 0);
	add_fds(chain, request);
	if (h->set & RS_SET_TERMINAL)
		add(chain, RS_STEP_TERMINAL, 0, h->terminal, KERNEL_TIOCSCTTY, 0);
	add_limits(chain, request);
	if (h->set & RS_SET_PRIORITY)
		add(chain, RS_STEP_PRIORITY, 0, PRIO_PROCESS, 0, h->priority);
	if (h->set & RS_SET_IO_PRIORITY)
		add(chain, RS_STEP_IO_PRIORITY, 0, KERNEL_IOPRIO_WHO_PROCESS, 0, h->io_priority);
	if (h->affinity.count != 0)
		add(chain, RS_STEP_AFFINITY, 0, 0, h->affinity.count, 0)->data = request->affinity;
	if (h->set & RS_SET_SCHEDULER)
		add(chain, RS_STEP_SCHEDULER, 0, 0, h->sched_policy, h->sched_priority);
	if (h->set & RS_SET_UMASK)
		add(chain, RS_STEP_UMASK, 0, h->umask, 0, 0);
	if (request->root != NULL)
		add(chain, RS_STEP_ROOT, 0, 0, 0, 0)->data = request->root;
	/* Outside of the new root, the old cwd would be a way out of it. */
	if (request->cwd != NULL || request->root != NULL)
		add(chain, RS_STEP_CWD, 0, 0, 0, 0)->data =
			request->cwd != NULL ? request->cwd : "/";
	add_ids(chain, request);
	if (h->set & RS_SET_DIE_WITH_PARENT) {
		/* From inside a new pid namespace the parent cannot be seen. */
		pid_t parent = h->namespaces & KERNEL_CLONE_NEWPID ? 0 : getpid();

		add(chain, RS_STEP_DIE_WITH_PARENT, 0, PR_SET_PDEATHSIG, h->die_signal, parent);
	}
	if (h->flags & RS_F_NO_NEW_PRIVILEGES)
		add(chain, RS_STEP_NO_NEW_PRIVILEGES, 0, PR_SET_NO_NEW_PRIVS, 1, 0);
	if (!(h->flags & RS_F_KEEP_FDS))
		add_close_fds(chain, request);
	add_signals(chain, h, engine->ignored);
	add(chain, RS_STEP_MASK, 0, SIG_SETMASK, (int64_t)h->signal_mask, 0);
}

void chain_build(struct chain *chain, struct request *request, const struct rs_engine *engine,
		 int cgroup_fd)
{
	*chain = (struct chain){
		.birth = {
			.namespaces = request->head.namespaces & NAMESPACES_AT_BIRTH,
			.cgroup_fd = cgroup_fd,
			.fds_end = engine->small_tables ? fds_end(request) : 0,
		},
		.steps = request->steps,
		.candidates = request->candidates,
		.candidate_count = request->head.candidates.count,
		.argv = request->argv,
		.envp = request->envp != NULL ? request->envp : (const char *const *)environ,
		.shell_argv = request->shell_argv,
		.listed = has_slots_only(request) ? request->listed : NULL,
	};
	add_steps(chain, request, engine);
}
