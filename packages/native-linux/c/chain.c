/*
 * The chain of a request. Its steps stand in the order of enum rs_step; here is why that order.
 *
 *   NAMESPACES come first: what follows counts inside them.
 *   SESSION comes before PROCESS_GROUP, because the leader of a group cannot start a session. Both
 *     come before CONTROLLING_TERMINAL, which belongs to a session.
 *   FDS come before CONTROLLING_TERMINAL, which is an fd of the child; and before LIMITS, because
 *     RLIMIT_NOFILE would forbid them.
 *   LIMITS, priorities, AFFINITY and SCHEDULER come before the ids: raising them takes privilege.
 *   ROOT comes before CWD, which is a path inside it. Both come before the ids, because chroot
 *     takes privilege.
 *   GROUPS come before GID, and GID before UID: each takes a privilege that the last one gives
 *     away.
 *   DIE_WITH_PARENT comes after the ids: the kernel clears the setting when they change.
 *   NO_NEW_PRIVILEGES comes after everything that may need privilege.
 *   CLOSE_FDS comes late: no step behind it needs an fd.
 *   SIGNALS and MASK come last: until then all signals are blocked, so that no handler of the
 *     program can run in the child.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "chain.h"
#include "engine.h"
#include "kernel.h"
#include "request.h"

/* Only the birth can give these two: unshare refuses NEWUSER to a process that shares memory, and
 * moves none but the future children of its caller into a new pid namespace. */
#define NAMESPACES_AT_BIRTH (KERNEL_CLONE_NEWUSER | KERNEL_CLONE_NEWPID)

/* What a builder, which adds the steps of one kind, makes them of. */
struct build {
	struct chain *chain;
	const struct request *request;
	const struct rs_engine *engine;
};

static struct step *add(const struct build *build, enum rs_step kind, uint32_t index, int64_t a,
			int64_t b, int64_t c)
{
	assert(build->chain->step_count == 0 ||
	       build->chain->steps[build->chain->step_count - 1].kind <= kind);
	return chain_add(build->chain, kind, index, a, b, c);
}

static void add_namespaces(const struct build *build)
{
	uint64_t unshared = build->request->head.namespaces & ~NAMESPACES_AT_BIRTH;

	if (unshared != 0)
		add(build, RS_STEP_NAMESPACES, 0, (int64_t)unshared, 0, 0);
}

static void add_session(const struct build *build)
{
	if (build->request->head.flags & RS_F_SESSION)
		add(build, RS_STEP_SESSION, 0, 0, 0, 0);
}

static void add_process_group(const struct build *build)
{
	const struct rs_request *h = &build->request->head;

	if (h->set & RS_SET_PROCESS_GROUP)
		add(build, RS_STEP_PROCESS_GROUP, 0, 0, h->process_group, 0);
}

static void add_fds(const struct build *build)
{
	const struct request *request = build->request;

	for (uint32_t i = 0; i < request->head.slots.count; i++)
		add(build, RS_STEP_FDS, i, request->ends[i].source, request->slots[i].target, 0);
}

static void add_controlling_terminal(const struct build *build)
{
	const struct rs_request *h = &build->request->head;

	if (h->set & RS_SET_CONTROLLING_TERMINAL)
		add(build, RS_STEP_CONTROLLING_TERMINAL, 0, h->controlling_terminal,
		    KERNEL_TIOCSCTTY, 0);
}

static void add_limits(const struct build *build)
{
	const struct request *request = build->request;

	for (uint32_t i = 0; i < request->head.limits.count; i++) {
		const struct rs_limit *limit = &request->limits[i];
		struct rlimit now = { RLIM_INFINITY, RLIM_INFINITY };

		/* A half that was not given stays as it is, and the call takes both halves. */
		if (limit->set != (RS_LIMIT_SOFT | RS_LIMIT_HARD))
			getrlimit((int)limit->resource, &now);
		add(build, RS_STEP_LIMITS, i, limit->resource,
		    (int64_t)(limit->set & RS_LIMIT_SOFT ? limit->soft : (uint64_t)now.rlim_cur),
		    (int64_t)(limit->set & RS_LIMIT_HARD ? limit->hard : (uint64_t)now.rlim_max));
	}
}

static void add_priority(const struct build *build)
{
	const struct rs_request *h = &build->request->head;

	if (h->set & RS_SET_PRIORITY)
		add(build, RS_STEP_PRIORITY, 0, PRIO_PROCESS, 0, h->priority);
}

static void add_io_priority(const struct build *build)
{
	const struct rs_request *h = &build->request->head;

	if (h->set & RS_SET_IO_PRIORITY)
		add(build, RS_STEP_IO_PRIORITY, 0, KERNEL_IOPRIO_WHO_PROCESS, 0, h->io_priority);
}

static void add_affinity(const struct build *build)
{
	const struct rs_request *h = &build->request->head;

	if (h->affinity.count != 0)
		add(build, RS_STEP_AFFINITY, 0, 0, h->affinity.count, 0)->data =
			build->request->affinity;
}

static void add_scheduler(const struct build *build)
{
	const struct rs_request *h = &build->request->head;

	if (h->set & RS_SET_SCHEDULER)
		add(build, RS_STEP_SCHEDULER, 0, 0, h->sched_policy, h->sched_priority);
}

static void add_umask(const struct build *build)
{
	const struct rs_request *h = &build->request->head;

	if (h->set & RS_SET_UMASK)
		add(build, RS_STEP_UMASK, 0, h->umask, 0, 0);
}

static void add_root(const struct build *build)
{
	if (build->request->root != NULL)
		add(build, RS_STEP_ROOT, 0, 0, 0, 0)->data = build->request->root;
}

static void add_cwd(const struct build *build)
{
	const struct request *request = build->request;

	/* The old cwd lies outside of the new root, and would be a way out of it. */
	if (request->cwd != NULL || request->root != NULL)
		add(build, RS_STEP_CWD, 0, 0, 0, 0)->data =
			request->cwd != NULL ? request->cwd : "/";
}

/* In a user namespace that an ordinary user has made, nobody may drop groups. */
static int groups_are_fixed(void)
{
	char text[8] = "";
	int fd = open("/proc/self/setgroups", O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return 0;
	if (read(fd, text, sizeof(text) - 1) < 0)
		text[0] = 0;
	close(fd);
	return strncmp(text, "deny", 4) == 0;
}

/* A child of root that changes its ids and keeps root's groups has kept a part of root's power. */
static int drops_groups(const struct rs_request *h)
{
	return !(h->set & RS_SET_GROUPS) && (h->set & (RS_SET_UID | RS_SET_GID)) &&
	       geteuid() == 0 && getgroups(0, NULL) != 0 && !groups_are_fixed();
}

static void add_groups(const struct build *build)
{
	const struct rs_request *h = &build->request->head;

	if ((h->set & RS_SET_GROUPS) || drops_groups(h))
		add(build, RS_STEP_GROUPS, 0, h->groups.count, 0, 0)->data = build->request->groups;
}

static void add_gid(const struct build *build)
{
	const struct rs_request *h = &build->request->head;

	if (h->set & RS_SET_GID)
		add(build, RS_STEP_GID, 0, h->gid, h->gid, h->gid);
}

static void add_uid(const struct build *build)
{
	const struct rs_request *h = &build->request->head;

	if (h->set & RS_SET_UID)
		add(build, RS_STEP_UID, 0, h->uid, h->uid, h->uid);
}

static void add_die_with_parent(const struct build *build)
{
	const struct rs_request *h = &build->request->head;

	if (!(h->set & RS_SET_DIE_WITH_PARENT))
		return;
	/* Inside a new pid namespace the parent cannot be seen, and getppid() answers 0. */
	add(build, RS_STEP_DIE_WITH_PARENT, 0, PR_SET_PDEATHSIG, h->die_signal,
	    h->namespaces & KERNEL_CLONE_NEWPID ? 0 : getpid());
}

static void add_no_new_privileges(const struct build *build)
{
	if (build->request->head.flags & RS_F_NO_NEW_PRIVILEGES)
		add(build, RS_STEP_NO_NEW_PRIVILEGES, 0, PR_SET_NO_NEW_PRIVS, 1, 0);
}

static void add_close_fds(const struct build *build)
{
	const struct request *request = build->request;
	uint32_t from = 0, gap = 0;

	if (request->head.flags & RS_F_KEEP_FDS)
		return;
	for (uint32_t i = 0; i < request->head.slots.count; i++) {
		uint32_t target = (uint32_t)request->slots[i].target;

		if (target > from)
			add(build, RS_STEP_CLOSE_FDS, gap++, from, (int64_t)target - 1, 0);
		from = target + 1;
	}
	add(build, RS_STEP_CLOSE_FDS, gap, from, UINT_MAX, 0);
}

static void add_signals(const struct build *build)
{
	const struct rs_request *h = &build->request->head;
	uint64_t reset = h->signals_default & build->engine->ignored & ~h->signals_ignore;

	/* Handlers need no step: the birth or exec resets them. */
	for (int sig = 1; sig <= KERNEL_NSIG; sig++) {
		uint64_t bit = 1ull << (sig - 1);

		if ((reset | h->signals_ignore) & bit)
			add(build, RS_STEP_SIGNALS, (uint32_t)sig, sig,
			    (int64_t)(intptr_t)(reset & bit ? SIG_DFL : SIG_IGN), 0);
	}
}

static void add_mask(const struct build *build)
{
	add(build, RS_STEP_MASK, 0, SIG_SETMASK, (int64_t)build->request->head.signal_mask, 0);
}

/*
 * Every step of a chain in its place: its builder, and how many of it a request `h` can have. There
 * is a gap to close before each target, and one behind the last.
 */
#define STEPS(STEP)                                             \
	STEP(NAMESPACES, add_namespaces, 1)                     \
	STEP(SESSION, add_session, 1)                           \
	STEP(PROCESS_GROUP, add_process_group, 1)               \
	STEP(FDS, add_fds, h->slots.count)                      \
	STEP(CONTROLLING_TERMINAL, add_controlling_terminal, 1) \
	STEP(LIMITS, add_limits, h->limits.count)               \
	STEP(PRIORITY, add_priority, 1)                         \
	STEP(IO_PRIORITY, add_io_priority, 1)                   \
	STEP(AFFINITY, add_affinity, 1)                         \
	STEP(SCHEDULER, add_scheduler, 1)                       \
	STEP(UMASK, add_umask, 1)                               \
	STEP(ROOT, add_root, 1)                                 \
	STEP(CWD, add_cwd, 1)                                   \
	STEP(GROUPS, add_groups, 1)                             \
	STEP(GID, add_gid, 1)                                   \
	STEP(UID, add_uid, 1)                                   \
	STEP(DIE_WITH_PARENT, add_die_with_parent, 1)           \
	STEP(NO_NEW_PRIVILEGES, add_no_new_privileges, 1)       \
	STEP(CLOSE_FDS, add_close_fds, h->slots.count + 1)      \
	STEP(SIGNALS, add_signals, KERNEL_NSIG)                 \
	STEP(MASK, add_mask, 1)

/* The list has every step of enum rs_step's second group, in the order of that enum. */
#define PLACE(step, add, most) PLACE_##step,
enum { STEPS(PLACE) PLACES };
#define IS_IN_PLACE(step, add, most)                                        \
	_Static_assert(RS_STEP_##step == RS_STEP_NAMESPACES + PLACE_##step, \
		       "a step of the enum has no builder, or one in another place");
STEPS(IS_IN_PLACE)
_Static_assert(RS_STEP_MASK == RS_STEP_NAMESPACES + PLACES - 1, "the mask is the last step");

size_t chain_capacity(const struct rs_request *h)
{
#define PLUS_MOST(step, add, most) +(most)
	return (size_t)0 STEPS(PLUS_MOST);
}

static uint32_t fds_end(const struct request *request)
{
	const struct rs_request *h = &request->head;
	int highest = h->set & RS_SET_CONTROLLING_TERMINAL ? h->controlling_terminal : -1;

	if (h->flags & RS_F_KEEP_FDS)
		return 0;
	for (uint32_t i = 0; i < h->slots.count; i++) {
		if (request->slots[i].target > highest)
			highest = request->slots[i].target;
		if (request->ends[i].source > highest)
			highest = request->ends[i].source;
	}
	return (uint32_t)highest + 1;
}

/* Whether the child needs no fd of the parent, at any time, besides those of its slots. */
static int has_slots_only(const struct request *request)
{
	const struct rs_request *h = &request->head;

	return !(h->flags & RS_F_KEEP_FDS) && h->slots.count > 0 &&
	       (!(h->set & RS_SET_CONTROLLING_TERMINAL) ||
		pipe_is_target(request, h->controlling_terminal));
}

void chain_build(struct chain *chain, struct request *request, const struct rs_engine *engine,
		 int cgroup_fd)
{
	const struct build build = { chain, request, engine };

	*chain = (struct chain){
		.birth = {
			.namespaces = request->head.namespaces & NAMESPACES_AT_BIRTH,
			.cgroup_fd = cgroup_fd,
			.fds_end = engine->small_tables ? fds_end(request) : 0,
		},
		.steps = request->steps,
		.step_capacity = (uint32_t)chain_capacity(&request->head),
		.candidates = request->candidates,
		.candidate_count = request->head.candidates.count,
		.argv = request->argv,
		.envp = request->envp,
		.shell_argv = request->shell_argv,
		.listed = has_slots_only(request) ? request->listed : NULL,
		.changes_ids = (request->head.set & (RS_SET_GID | RS_SET_UID)) != 0,
	};
#define ADD(step, add, most) add(&build);
	STEPS(ADD)
}
