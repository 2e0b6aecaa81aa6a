/* A chain as lines that people can read. Nothing is started and nothing is opened. */
#include <errno.h>
#include <stddef.h>

#include "chain.h"
#include "engine.h"
#include "pipe.h"
#include "request.h"
#include "ringspawn.h"
#include "uring.h"
#include "vfork.h"

static void explain_row(struct rs_explained *out, uint32_t capacity, uint32_t row, uint32_t step,
			uint32_t index, const int64_t args[3])
{
	if (row < capacity)
		out[row] = (struct rs_explained){ step, index, { args[0], args[1], args[2] } };
}

int rs_explain(struct rs_engine *engine, const void *block, uint32_t len, struct rs_explained *out,
	       uint32_t capacity)
{
	const int64_t none[3] = { 0, 0, 0 };
	struct rs_outcome failure;
	struct request request;
	struct chain chain;
	uint32_t row = 0;
	int cgroup_fd, error;

	if (engine == NULL || (out == NULL && capacity != 0))
		return -EFAULT;
	error = request_parse(&request, block, len, &failure);
	if (error != 0)
		return error;
	pipe_pretend(&request, engine, &cgroup_fd);
	chain_build(&chain, &request, engine, cgroup_fd);
	if (request.head.executor == RS_EXECUTOR_IO_URING)
		explain_row(out, capacity, row++, RS_STEP_BIRTH, 0,
			    (const int64_t[3]){ (int64_t)chain.birth.namespaces, cgroup_fd,
						uring_listed(&chain) });
	else
		explain_row(out, capacity, row++, RS_STEP_BIRTH, 0,
			    (const int64_t[3]){ (int64_t)vfork_flags(&chain), cgroup_fd,
						chain.birth.fds_end });
	for (uint32_t i = 0; i < chain.step_count; i++)
		explain_row(out, capacity, row++, chain.steps[i].kind, chain.steps[i].index,
			    chain.steps[i].args);
	for (uint32_t i = 0; i < chain.candidate_count; i++)
		explain_row(out, capacity, row++, RS_STEP_FILE, i, none);
	request_free(&request);
	return (int)row;
}
