/* executor: io_uring
 * rs_queue and rs_submit: starts that are not waited for. Their rows come in order, and the notify
 * fd tells of them. What a start was given may be taken away at once. A failure leaves nothing.
 */
#include "test.h"

static uint32_t queue(struct req *r, struct rs_outcome *out)
{
	uint32_t len;
	char *block = req_block(r, &len);
	int ticket;

	*out = (struct rs_outcome){ .size = sizeof(*out) };
	ticket = rs_queue(engine, block, len, out);
	/* The engine may read nothing of the block after the call. */
	memset(block, 0x55, ROOM);
	free(block);
	free(r);
	CHECK(ticket > 0);
	CHECK_IS(out->error, 0);
	CHECK_IS(out->pid, -1);
	CHECK_IS(out->pidfd, -1);
	return (uint32_t)ticket;
}

/* Waits for the notify fd. */
static uint32_t listen_for(struct rs_started *rows, uint32_t capacity)
{
	struct pollfd notify = { .fd = rs_notify_fd(engine, RS_RING_STARTS), .events = POLLIN };
	int ret;

	do
		ret = poll(&notify, 1, 30000);
	while (ret < 0 && errno == EINTR);
	CHECK_IS(ret, 1);
	ret = rs_submit(engine, RS_RING_STARTS, 1, rows, capacity);
	CHECK(ret >= 0);
	return (uint32_t)ret;
}

/* The last row of a ticket. `born` gets the row before it, if there was one. */
static struct rs_started ending(uint32_t ticket, struct rs_started *born)
{
	struct rs_started rows[4];
	uint32_t count = (uint32_t)rs_submit(engine, RS_RING_STARTS, 0, rows, 4);

	for (;;) {
		for (uint32_t i = 0; i < count; i++) {
			CHECK_IS(rows[i].ticket, ticket);
			if (rows[i].over)
				return rows[i];
			CHECK(rows[i].pid > 0);
			CHECK(rows[i].pidfd > 2);
			*born = rows[i];
		}
		count = listen_for(rows, 4);
	}
}

static struct rs_exit ended(int pid, int pidfd)
{
	struct rs_outcome out = { .pid = pid, .pidfd = pidfd };

	return finish(&out);
}

static void one(void)
{
	struct rs_started born = { .pidfd = -1 }, last;
	struct rs_outcome out;
	struct rs_exit end;
	uint32_t ticket = queue(req_show(), &out);

	last = ending(ticket, &born);
	CHECK_IS(last.error, 0);
	CHECK_IS(last.step, RS_STEP_NONE);
	/* The first row has the pidfd, whether it is the last as well or not. */
	CHECK((born.pidfd >= 0) != (last.pidfd >= 0));
	CHECK(strstr(drain(out.ends[1].read), "pid") != NULL);
	end = ended(last.pid, born.pidfd >= 0 ? born.pidfd : last.pidfd);
	CHECK_IS(end.known, 1);
	CHECK_IS(end.code, 0);
	CHECK_IS(rs_submit(engine, RS_RING_STARTS, 0, &last, 1), 0);
}

static void fails(struct req *r, int error, enum rs_step step)
{
	struct rs_started born = { .pidfd = -1 }, last;
	struct rs_outcome out;
	uint32_t ticket = queue(r, &out);

	last = ending(ticket, &born);
	CHECK_IS(last.error, error);
	CHECK_IS(last.step, step);
	/* Whoever was told of a child reaps it. */
	if (born.pidfd >= 0)
		CHECK_IS(ended(born.pid, born.pidfd).known, 1);
	CHECK_IS(last.pidfd, -1);
	for (uint32_t i = 0; i < out.count; i++)
		if (out.ends[i].read >= 0)
			CHECK_IS(rs_close(out.ends[i].read), 0);
	CHECK(has_no_children());
}

/* An fd is closed and a variable changed before the start is submitted. */
static void keeps_what_it_was_given(void)
{
	struct rs_started born = { .pidfd = -1 }, last;
	struct req *r = req_new("/bin/sh");
	struct rs_outcome out;
	int pipe_fds[2];
	uint32_t ticket;

	put(&r->argv, "-c");
	put(&r->argv, "echo \"$KEPT\" >&5");
	r->head.flags |= RS_F_INHERIT_ENV;
	CHECK(pipe2(pipe_fds, O_CLOEXEC) == 0);
	slot(r, 5, RS_SLOT_FD, pipe_fds[1]);
	setenv("KEPT", "then", 1);
	ticket = queue(r, &out);
	CHECK_IS(close(pipe_fds[1]), 0);
	setenv("KEPT", "now", 1);
	last = ending(ticket, &born);
	CHECK_IS(last.error, 0);
	CHECK(strcmp(drain(pipe_fds[0]), "then\n") == 0);
	CHECK_IS(ended(last.pid, born.pidfd >= 0 ? born.pidfd : last.pidfd).code, 0);
}

/* A given fd is the caller's until the program runs, and stays the caller's after a failure. */
static void gives_fds_away(void)
{
	for (int turn = 0; turn < 3; turn++) {
		struct rs_started born = { .pidfd = -1 }, last;
		struct req *r = req_new(turn == 1 ? "/nonexistent" : "/bin/sh");
		struct rs_outcome out;
		int pipe_fds[2];
		uint32_t ticket;

		CHECK(pipe2(pipe_fds, O_CLOEXEC) == 0);
		put(&r->argv, "-c");
		put(&r->argv, "echo given >&7");
		if (turn == 2)
			r->cwd = "/nonexistent";
		slot(r, 6, RS_SLOT_SOCKET, 0);
		slot(r, 7, RS_SLOT_FD, pipe_fds[1])->flags = RS_SLOT_GIVEN;
		slot(r, 8, RS_SLOT_PTY, 0);
		ticket = queue(r, &out);
		CHECK_IS(fcntl(pipe_fds[1], F_GETFD), FD_CLOEXEC);
		last = ending(ticket, &born);
		if (turn == 0) {
			CHECK_IS(last.error, 0);
			CHECK(fcntl(pipe_fds[1], F_GETFD) < 0 && errno == EBADF);
			CHECK(strcmp(drain(pipe_fds[0]), "given\n") == 0);
			CHECK_IS(ended(last.pid, born.pidfd >= 0 ? born.pidfd : last.pidfd).code,
				 0);
		} else {
			CHECK_IS(last.error, ENOENT);
			CHECK_IS(close(pipe_fds[1]), 0);
			CHECK(strcmp(drain(pipe_fds[0]), "") == 0);
			if (born.pidfd >= 0)
				CHECK_IS(ended(born.pid, born.pidfd).known, 1);
		}
		close_ends(&out);
		CHECK(has_no_children());
	}
}

/* More starts than the ring holds at once, and a spawn that is waited for in between. */
static void burst(void)
{
	enum { COUNT = 150 };
	uint32_t tickets[COUNT], count;
	struct rs_started rows[16];
	int pidfds[COUNT], over = 0;

	for (int i = 0; i < COUNT; i++) {
		struct rs_outcome out;

		tickets[i] = queue(req_new(i % 3 == 2 ? "/nonexistent" : "/bin/true"), &out);
		pidfds[i] = -1;
	}
	shown(req_show());
	count = (uint32_t)rs_submit(engine, RS_RING_STARTS, 0, rows, 16);
	while (over < COUNT) {
		for (uint32_t k = 0; k < count; k++) {
			int i = 0;

			while (i < COUNT && tickets[i] != rows[k].ticket)
				i++;
			CHECK(i < COUNT);
			if (rows[k].pidfd >= 0) {
				CHECK_IS(pidfds[i], -1);
				pidfds[i] = rows[k].pidfd;
			}
			if (!rows[k].over)
				continue;
			over++;
			CHECK_IS(rows[k].error, i % 3 == 2 ? ENOENT : 0);
			if (rows[k].error == 0)
				CHECK_IS(ended(rows[k].pid, pidfds[i]).code, 0);
			else if (pidfds[i] >= 0)
				CHECK_IS(rs_close(pidfds[i]), 0);
		}
		count = count == 16    ? (uint32_t)rs_submit(engine, RS_RING_STARTS, 0, rows, 16)
			: over < COUNT ? listen_for(rows, 16)
				       : 0;
	}
	CHECK(has_no_children());
}

static void refuses(void)
{
	struct rs_outcome out = { .size = sizeof(out) };
	struct req *r = req_new("/bin/true");
	uint32_t len;
	char *block;

	r->head.flags |= RS_F_SHELL_FALLBACK;
	block = req_block(r, &len);
	CHECK_IS(rs_queue(engine, block, len, &out), -EOPNOTSUPP);
	free(block);
	r->head.flags = 0;
	r->head.executor = RS_EXECUTOR_VFORK;
	block = req_block(r, &len);
	CHECK_IS(rs_queue(engine, block, len, &out), 0);
	CHECK_IS(out.error, EINVAL);
	CHECK_IS(out.step, RS_STEP_REQUEST);
	free(block);
	free(r);
	r = req_new("/bin/true");
	slot(r, 3, RS_SLOT_FD, 900);
	block = req_block(r, &len);
	CHECK_IS(rs_queue(engine, block, len, &out), 0);
	CHECK_IS(out.error, EBADF);
	CHECK_IS(out.step, RS_STEP_STDIO);
	free(block);
	free(r);
	CHECK_IS(rs_queue(engine, NULL, 0, &out), 0);
	CHECK_IS(out.step, RS_STEP_REQUEST);
	CHECK_IS(rs_queue(NULL, NULL, 0, &out), -EFAULT);
	CHECK_IS(rs_submit(engine, RS_RING_STARTS, 0, NULL, 1), -EFAULT);
	CHECK_IS(rs_submit(NULL, 0, 0, NULL, 0), -EFAULT);
	CHECK_IS(rs_notify_fd(NULL, 0), -EFAULT);
}

static struct req *in_a_missing_cwd(void)
{
	struct req *r = req_show();

	r->cwd = "/nonexistent";
	return r;
}

static struct req *in_a_huge_chain(void)
{
	struct req *r = req_new("/bin/true");

	for (int i = 0; i < 1100; i++)
		put(&r->candidates, "/nonexistent");
	return r;
}

int main(void)
{
	int before, without_engine = fd_count();

	engine_up();
	before = fd_count();
	one();
	fails(req_new("/nonexistent"), ENOENT, RS_STEP_FILE);
	fails(in_a_missing_cwd(), ENOENT, RS_STEP_CWD);
	CHECK_FAILS(spawn(in_a_huge_chain()), E2BIG, RS_STEP_BIRTH, 0);
	keeps_what_it_was_given();
	gives_fds_away();
	burst();
	refuses();
	one();
	CHECK_IS(fd_count(), before);

	/* An environment may end while starts are pending: their programs run all the same. */
	{
		struct rs_outcome out;

		queue(req_show(), &out);
		rs_engine_close(engine);
		CHECK(strstr(drain(out.ends[1].read), "pid") != NULL);
		CHECK_IS(rs_engine_open(&engine), 0);
		for (int i = 0; i < 3000 && !has_no_children(); i++) {
			spawn(req_new("/nonexistent"));
			usleep(1000);
		}
		CHECK(has_no_children());
		rs_engine_close(engine);
	}
	CHECK_IS(fd_count(), without_engine);
	return 0;
}
