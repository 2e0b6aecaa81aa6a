/* rs_explain shows the chain that rs_spawn would run, in its order, and opens nothing. */
#include <sys/prctl.h>

#include "test.h"

static void is_in_order(const struct rs_explained *rows, int count)
{
	CHECK_IS(rows[0].step, RS_STEP_BIRTH);
	/* The kernel of the lab takes a list of fds. */
	if (executor() == RS_EXECUTOR_IO_URING)
		CHECK_IS(rows[0].args[2], 5);
	for (int i = 2; i < count; i++)
		CHECK(rows[i - 1].step <= rows[i].step);
	CHECK_IS(rows[count - 1].step, RS_STEP_FILE);
}

int main(void)
{
	static struct rs_explained rows[64];
	struct req *r = req_new("/nonexistent/a");
	char *block;
	uint32_t len;
	int before, count, at = 1;

	engine_up();
	before = fd_count();
	put(&r->candidates, "/nonexistent/b");
	slot(r, 0, RS_SLOT_FD, 1);
	slot(r, 1, RS_SLOT_FD, 0);
	slot(r, 2, RS_SLOT_FD, 2);
	slot(r, 5, RS_SLOT_PIPE_IN, 0);
	slot_file(r, 6, "/tmp/rs-explain-must-not-exist", O_WRONLY | O_CREAT, 0600);
	r->head.flags |= RS_F_SESSION | RS_F_NO_NEW_PRIVILEGES;
	r->head.set |= RS_SET_UMASK | RS_SET_DIE_WITH_PARENT;
	r->head.umask = 022;
	r->head.die_signal = 9;
	r->head.signal_mask = 6;
	r->head.signals_ignore = 4;
	r->cwd = "/nonexistent";
	block = req_block(r, &len);
	count = rs_explain(engine, block, len, rows, 64);
	CHECK(count > 0);
	is_in_order(rows, count);

#define ROW(want_step, want_index, a, b, c)           \
	do {                                          \
		CHECK_IS(rows[at].step, want_step);   \
		CHECK_IS(rows[at].index, want_index); \
		CHECK_IS(rows[at].args[0], a);        \
		CHECK_IS(rows[at].args[1], b);        \
		CHECK_IS(rows[at].args[2], c);        \
		at++;                                 \
	} while (0)
	ROW(RS_STEP_SESSION, 0, 0, 0, 0);
	ROW(RS_STEP_FDS, 0, -1, 0, 0); /* a source that would be moved has no number yet */
	ROW(RS_STEP_FDS, 1, -1, 1, 0);
	ROW(RS_STEP_FDS, 2, 2, 2, 0);
	ROW(RS_STEP_FDS, 3, -1, 5, 0);
	ROW(RS_STEP_FDS, 4, -1, 6, 0);
	ROW(RS_STEP_UMASK, 0, 022, 0, 0);
	ROW(RS_STEP_CWD, 0, 0, 0, 0);
	ROW(RS_STEP_DIE_WITH_PARENT, 0, PR_SET_PDEATHSIG, 9, getpid());
	ROW(RS_STEP_NO_NEW_PRIVILEGES, 0, PR_SET_NO_NEW_PRIVS, 1, 0);
	ROW(RS_STEP_CLOSE_FDS, 0, 3, 4, 0);
	ROW(RS_STEP_CLOSE_FDS, 1, 7, 4294967295, 0);
	ROW(RS_STEP_SIGNALS, 3, 3, 1, 0);
	ROW(RS_STEP_MASK, 0, SIG_SETMASK, 6, 0);
	ROW(RS_STEP_FILE, 0, 0, 0, 0);
	ROW(RS_STEP_FILE, 1, 0, 0, 0);
	CHECK_IS(at, count);

	/* With too little room the number is returned all the same, and nothing behind is written.
	 */
	memset(rows, 0x55, sizeof(rows));
	CHECK_IS(rs_explain(engine, block, len, rows, 2), count);
	CHECK_IS(rows[1].step, RS_STEP_SESSION);
	CHECK_IS(rows[2].step, 0x55555555);
	CHECK_IS(rs_explain(engine, block, len, NULL, 0), count);
	CHECK_IS(rs_explain(engine, block, len, NULL, 1), -EFAULT);
	CHECK_IS(rs_explain(NULL, block, len, rows, 1), -EFAULT);
	CHECK(access("/tmp/rs-explain-must-not-exist", F_OK) != 0);
	CHECK_IS(fd_count(), before);
	CHECK(has_no_children());
	free(block);
	free(r);
	rs_engine_close(engine);
	return 0;
}
