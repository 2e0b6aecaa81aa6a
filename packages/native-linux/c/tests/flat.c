/* variant: release
 * After thousands of spawns, a third of which fail, fds, children and memory are what they were.
 * The variant has no sanitizers, because their own bookkeeping grows.
 */
#include "test.h"

static long rss_kib(void)
{
	long pages_all, pages;
	FILE *file = fopen("/proc/self/statm", "r");

	CHECK(file != NULL && fscanf(file, "%ld %ld", &pages_all, &pages) == 2);
	fclose(file);
	return pages * (sysconf(_SC_PAGESIZE) / 1024);
}

static long mappings(void)
{
	FILE *file = fopen("/proc/self/maps", "r");
	long lines = 0;
	int c;

	CHECK(file != NULL);
	while ((c = fgetc(file)) != EOF)
		lines += c == '\n';
	fclose(file);
	return lines;
}

static void spawn_some(int count, const char *block, uint32_t len, const char *bad,
		       uint32_t bad_len)
{
	for (int i = 0; i < count; i++) {
		struct rs_outcome out = { .size = sizeof(out) };

		if (i % 3 == 2) {
			CHECK_IS(rs_spawn(engine, bad, bad_len, &out), 0);
			CHECK_IS(out.error, ENOENT);
		} else {
			CHECK_IS(rs_spawn(engine, block, len, &out), 0);
			CHECK_IS(out.error, 0);
			close(out.ends[0].write);
			close(out.ends[1].read);
			CHECK_IS(finish(&out).code, 3);
		}
	}
}

int main(void)
{
	uint32_t len, bad_len;
	char *block, *bad;
	struct req *r;
	/* Only the lab has io_uring_spawn, and its emulation makes a spawn 20 times as long. */
	int spawns = executor() == RS_EXECUTOR_IO_URING ? 1000 : 10000;
	int fds;
	long rss, maps;

	engine_up();
	r = req_new(beside_me("show"));
	put(&r->argv, "exit");
	put(&r->argv, "3");
	slot(r, 0, RS_SLOT_PIPE_IN, 0);
	slot(r, 1, RS_SLOT_PIPE_OUT, 0);
	slot(r, 2, RS_SLOT_FD, 2);
	block = req_block(r, &len);
	r->candidates.items[0] = "/nonexistent";
	bad = req_block(r, &bad_len);

	spawn_some(300, block, len, bad, bad_len); /* what grows once has grown after these */
	fds = fd_count();
	maps = mappings();
	rss = rss_kib();
	spawn_some(spawns, block, len, bad, bad_len);
	CHECK_IS(fd_count(), fds);
	CHECK_IS(mappings(), maps);
	CHECK(has_no_children());
	if (rss_kib() > rss + 256) {
		fprintf(stderr, "resident memory grew from %ld to %ld KiB\n", rss, rss_kib());
		return 1;
	}

	/* The same holds for engines and loops. */
	rs_engine_close(engine);
	maps = mappings();
	fds = fd_count();
	for (int i = 0; i < spawns / 10; i++) {
		struct rs_loop *loop;

		engine_up();
		CHECK_IS(rs_loop_open(&loop), 0);
		rs_loop_close(loop);
		rs_engine_close(engine);
	}
	CHECK_IS(fd_count(), fds);
	CHECK(mappings() <= maps + 1);
	free(block);
	free(bad);
	free(r);
	return 0;
}
