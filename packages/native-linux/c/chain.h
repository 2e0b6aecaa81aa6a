/*
 * SEAM 2: what an executor runs. A chain has three parts of three kinds: the birth is what the
 * parent does, the steps are a sequence, and the candidates are alternatives.
 */
#ifndef RS_CHAIN_H
#define RS_CHAIN_H

#include <assert.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "io_uring.h"
#include "ringspawn.h"

struct birth {
	uint64_t namespaces; /* CLONE_NEW* bits that only the birth can give */
	int cgroup_fd;       /* -1: none */
	/* No step and no program needs an fd from this number on, so the child's table may end
	 * before it. 0: all are needed. */
	uint32_t fds_end;
	int without_pidfd; /* 1: the outcome's pidfd stays -1 */
	/* What the parent is sent by a child of vfork.c that ends before exec, which makes it
	 * SIGCHLD. 0: nothing, and only a wait with __WALL finds that child. */
	int exit_signal;
};

/*
 * One thing that the child does before exec. For all steps but two it is one system call, which
 * step_call.h has: `args` are the numbers of that call without its pointers, and `data` is what its
 * pointer points to. DIE_WITH_PARENT has a third number, the pid that getppid() must answer after
 * the call (0: getppid is not called). The two others are for the vfork executor alone:
 *
 *   OPEN        close(args[0]), then open(data, args[1], args[2]), moved to the number args[0]
 *   FOREGROUND  ioctl(args[0], args[1], the child's own process group)
 */
struct step {
	enum rs_step kind;
	uint32_t index; /* which one of several, for the outcome */
	int64_t args[3];
	const void *data;
};

struct candidate {
	const char *path;
	int error; /* written by the executor: the errno with which exec refused the path */
};

struct chain {
	struct birth birth;
	struct step *steps;
	uint32_t step_count, step_capacity;
	struct candidate *candidates;
	uint32_t candidate_count;
	const char **argv;
	const char *const *envp;
	const char **shell_argv; /* NULL: there is no fallback. [1] is left for the candidate. */
	const char *late_cwd;    /* the cwd that a prespawned child gets after its steps, or NULL */
	struct listed_fd *listed; /* as many as there are FDS steps, where the child is to have
				     their targets and no other fd; or NULL */
	int changes_ids;          /* a step changes uid or gid, so a child of vfork.c must not
				     share the memory */
	int without_interpreter;  /* a failed exec is told by the candidates' errors alone, and not
				     by whether an interpreter is missing */
};

struct request;
struct rs_engine;

/* The next step of a chain that has room for it. */
static inline struct step *chain_add(struct chain *chain, enum rs_step kind, uint32_t index,
				     int64_t a, int64_t b, int64_t c)
{
	struct step *step = &chain->steps[chain->step_count++];

	assert(chain->step_count <= chain->step_capacity);
	*step = (struct step){ .kind = kind, .index = index, .args = { a, b, c } };
	return step;
}

/* The most steps that a chain of this request can have. */
size_t chain_capacity(const struct rs_request *h);

/*
 * Fills `chain` from the request and the fds that pipe.c opened for it. It cannot fail, because
 * what can be wrong is found by request.c, by pipe.c or in the child.
 */
void chain_build(struct chain *chain, struct request *request, const struct rs_engine *engine,
		 int cgroup_fd);

#endif
