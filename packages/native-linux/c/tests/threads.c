/* Four threads spawn at once, each with its own engine. No child gets a pipe end of another thread.
 */
#include <pthread.h>

#include "test.h"

enum { THREADS = 4, ROUNDS = 150 };

static void *work(void *arg)
{
	struct rs_engine *mine;
	uint32_t len;
	struct req *r = req_new("/bin/cat");
	char *block;

	(void)arg;
	slot(r, 0, RS_SLOT_PIPE_IN, 0);
	slot(r, 1, RS_SLOT_PIPE_OUT, 0);
	slot(r, 2, RS_SLOT_FD, 2);
	block = req_block(r, &len);
	CHECK_IS(rs_engine_open(&mine), 0);
	for (int i = 0; i < ROUNDS; i++) {
		struct rs_outcome out = { .size = sizeof(out) };
		struct rs_exit end = { .size = sizeof(end) };
		struct pollfd ready;
		char text[16];
		int32_t got;

		CHECK_IS(rs_spawn(mine, block, len, &out), 0);
		CHECK_IS(out.error, 0);
		CHECK_IS(rs_write(out.ends[0].write, "abc", 3), 3);
		/* cat ends only if no other child holds this end. */
		CHECK_IS(rs_close(out.ends[0].write), 0);
		ready = (struct pollfd){ .fd = out.pidfd, .events = POLLIN };
		CHECK_IS(poll(&ready, 1, 30000), 1);
		got = rs_read(out.ends[1].read, text, sizeof(text));
		CHECK_IS(got, 3);
		CHECK_IS(rs_read(out.ends[1].read, text, sizeof(text)), 0);
		CHECK_IS(rs_reap(out.pidfd, &end), 1);
		CHECK_IS(end.code, 0);
		CHECK_IS(rs_close(out.pidfd), 0);
		CHECK_IS(rs_close(out.ends[1].read), 0);
	}
	rs_engine_close(mine);
	free(block);
	free(r);
	return NULL;
}

int main(void)
{
	pthread_t threads[THREADS];
	int before = fd_count();

	for (int i = 0; i < THREADS; i++)
		CHECK(pthread_create(&threads[i], NULL, work, NULL) == 0);
	for (int i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	CHECK_IS(fd_count(), before);
	CHECK(has_no_children());
	return 0;
}
