/*
 * SEAM 2: what an executor runs. Three parts, because they are three kinds of thing: the birth
 * (what the parent does), the steps (a sequence), the candidates (an alternation).
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
	/*
	 * No fd from here on is needed by any step or by the program, so the child's table need not
	 * hold it. 0: all are needed.
	 */
	uint32_t fds_end;
	int without_pidfd; /* 1: the outcome's stays -1 */
};

/*
 * One thing that the child does before exec, which is one system call but for two steps. `args` are
 * the numbers of that call, pointers left out; `data` is what its pointer argument points to.
 * step_call.h has the call of each. DIE_WITH_PARENT also has the pid that getppid() must answer
 * afterwards as its third number (0: it is not asked). The other two are vfork's alone:
 *
 *   OPEN        close(0), open(data, 1, 2), and what that gives moved to 0
 *   FOREGROUND  ioctl(0, 1, {getpgid(0)})
 */
struct step {
	enum rs_step kind;
	uint32_t index; /* which one of several, for the report */
	int64_t args[3];
	const void *data;
};

struct candidate {
	const char *path;
	int error; /* the executor's note: with what exec refused it */
};

struct chain {
	struct birth birth;
	struct step *steps;
	uint32_t step_count, step_capacity;
	struct candidate *candidates;
	uint32_t candidate_count;
	const char **argv;
	const char *const *envp;
	const char **shell_argv;  /* NULL: no fallback. [1] is left for the candidate. */
	const char *late_cwd;     /* a parked chain's chdir, behind its steps; NULL: none */
	struct listed_fd *listed; /* room for the FDS steps, if the child is to have their targets
				     and nothing else; or NULL */
	int changes_ids;   /* a step changes uid or gid: the kernel then marks the shared memory
			      undumpable */
	int plain_verdict; /* the candidates' own errors are all that is asked: no interpreter is
			      looked for */
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
 * Fills `chain` from the request and the fds that pipe.c got for it. Cannot fail: what can be wrong
 * is wrong in request.c, in pipe.c or in the child.
 */
void chain_build(struct chain *chain, struct request *request, const struct rs_engine *engine,
		 int cgroup_fd);

#endif
