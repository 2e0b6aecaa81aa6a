/* The parent's side of the child's fds: who opens what, and who closes which end when. */
#ifndef RS_PIPE_H
#define RS_PIPE_H

#include <stdint.h>

#include "ringspawn.h"

struct request;
struct rs_engine;

/* What stands behind one slot. */
struct end {
	int source;      /* what the child dups to the slot's target; -1: not opened (explain) */
	int ours;        /* `source` was opened for this spawn and is closed after the birth */
	int given_flags; /* RS_SLOT_FD: what F_GETFL says of the caller's fd */
	struct rs_end parent;
};

/*
 * Fills request->ends and *cgroup_fd (-1: none). 0, or -errno with `out` filled and nothing left
 * open. Afterwards no source is a number that another slot's target would overwrite: the order in
 * which the child dups does not matter.
 */
int pipe_open(struct request *request, struct rs_engine *engine, int *cgroup_fd,
	      struct rs_outcome *out);

/* The same without opening anything: what is not there yet has source -1. */
void pipe_pretend(struct request *request, const struct rs_engine *engine, int *cgroup_fd);

/* Whether a slot of the request aims at this number. */
int pipe_is_target(const struct request *request, int fd);

/* For a birth that comes later: the caller's own fds may be closed by then, so duplicates take
 * their place. 0, or -errno with `out` filled and nothing left open. */
int pipe_keep(struct request *request, int *cgroup_fd, struct rs_outcome *out);

/* After the birth, whatever came of it: closes the child's ends. */
void pipe_close_child_ends(struct request *request, int cgroup_fd);

/* The process was started: hands the parent's ends to the caller... */
void pipe_give(const struct request *request, struct rs_outcome *out);
/* ...or closes them, when there is no child. */
void pipe_close_parent_ends(struct request *request);

/* The process was started: closes what the caller gave to it. */
void pipe_close_given(const struct request *request);

#endif
