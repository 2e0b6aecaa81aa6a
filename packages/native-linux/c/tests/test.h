/*
 * What every test of the engine uses: a builder of request blocks, a child to look at, and checks.
 * A test is a program: exit 0 passed, 1 failed, 77 skipped (and says why).
 */
#ifndef RS_TEST_H
#define RS_TEST_H

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ringspawn.h"

#define CHECK(condition)                                                                      \
	do {                                                                                  \
		if (!(condition)) {                                                           \
			fprintf(stderr, "%s:%d: not so: %s (errno %d)\n", __FILE__, __LINE__, \
				#condition, errno);                                           \
			exit(1);                                                              \
		}                                                                             \
	} while (0)

#define CHECK_IS(have, want)                                                                 \
	do {                                                                                 \
		long long have_ = (long long)(have), want_ = (long long)(want);              \
		if (have_ != want_) {                                                        \
			fprintf(stderr, "%s:%d: %s is %lld, not %lld\n", __FILE__, __LINE__, \
				#have, have_, want_);                                        \
			exit(1);                                                             \
		}                                                                            \
	} while (0)

#define SKIP(...)                                \
	do {                                     \
		printf("skipped: " __VA_ARGS__); \
		printf("\n");                    \
		exit(77);                        \
	} while (0)

/* ---- requests ---- */

enum { LIST_MAX = 2048, LIMITS_MAX = 1100, ROOM = 1 << 20 };

struct list {
	const char *items[LIST_MAX];
	uint32_t count;
};

struct req {
	struct rs_request head;
	struct list candidates, argv, envp;
	struct rs_slot slots[RS_MAX_SLOTS];
	const char *slot_paths[RS_MAX_SLOTS];
	struct rs_limit limits[LIMITS_MAX];
	uint32_t groups[64];
	uint8_t affinity[128];
	const char *cwd, *root, *cgroup;
};

static inline void put(struct list *list, const char *item)
{
	CHECK(list->count < LIST_MAX);
	list->items[list->count++] = item;
}

/* The executor of this run of the test, which run.mjs has chosen. */
static inline enum rs_executor executor(void)
{
	const char *name = getenv("RS_TEST_EXECUTOR");

	return name != NULL && strcmp(name, "io_uring") == 0 ? RS_EXECUTOR_IO_URING
							     : RS_EXECUTOR_VFORK;
}

/* `path`, run with this as its only argument; no environment, no fds. */
static inline struct req *req_new(const char *path)
{
	struct req *r = calloc(1, sizeof(*r));

	CHECK(r != NULL);
	r->head.size = sizeof(r->head);
	r->head.abi = RS_ABI;
	r->head.executor = executor();
	put(&r->candidates, path);
	put(&r->argv, path);
	return r;
}

/* Slots must be added in ascending order of their targets. */
static inline struct rs_slot *slot(struct req *r, int target, enum rs_slot_kind kind, int fd)
{
	struct rs_slot *s = &r->slots[r->head.slots.count++];

	CHECK(r->head.slots.count <= RS_MAX_SLOTS);
	*s = (struct rs_slot){ .target = target, .kind = kind, .fd = fd };
	return s;
}

static inline struct rs_slot *slot_file(struct req *r, int target, const char *path, int flags,
					int mode)
{
	struct rs_slot *s = slot(r, target, RS_SLOT_FILE, 0);

	r->slot_paths[r->head.slots.count - 1] = path;
	s->open_flags = (uint32_t)flags;
	s->mode = (uint32_t)mode;
	return s;
}

static inline uint32_t block_bytes(char *block, uint32_t *len, const void *bytes, size_t size,
				   uint32_t align)
{
	uint32_t at = (*len + align - 1) / align * align;

	CHECK(at + size <= ROOM);
	memcpy(block + at, bytes, size);
	*len = at + (uint32_t)size;
	return at;
}

static inline uint32_t block_string(char *block, uint32_t *len, const char *text)
{
	return text == NULL ? 0 : block_bytes(block, len, text, strlen(text) + 1, 1);
}

static inline struct rs_span block_list(char *block, uint32_t *len, const struct list *list)
{
	uint32_t offsets[LIST_MAX];

	if (list->count == 0)
		return (struct rs_span){ 0, 0 };
	for (uint32_t i = 0; i < list->count; i++)
		offsets[i] = block_string(block, len, list->items[i]);
	return (struct rs_span){
		block_bytes(block, len, offsets, list->count * sizeof(uint32_t), 4), list->count
	};
}

static inline uint32_t block_items(char *block, uint32_t *len, const void *items, uint32_t count,
				   size_t size, uint32_t align)
{
	return count == 0 ? 0 : block_bytes(block, len, items, count * size, align);
}

/* The block, to be freed. */
static inline char *req_block(struct req *r, uint32_t *len)
{
	char *block = calloc(1, ROOM);

	CHECK(block != NULL);
	*len = sizeof(r->head);
	r->head.candidates = block_list(block, len, &r->candidates);
	r->head.argv = block_list(block, len, &r->argv);
	r->head.envp = block_list(block, len, &r->envp);
	for (uint32_t i = 0; i < r->head.slots.count; i++)
		r->slots[i].path = block_string(block, len, r->slot_paths[i]);
	r->head.slots.offset =
		block_items(block, len, r->slots, r->head.slots.count, sizeof(struct rs_slot), 8);
	r->head.limits.offset = block_items(block, len, r->limits, r->head.limits.count,
					    sizeof(struct rs_limit), 8);
	r->head.groups.offset = block_items(block, len, r->groups, r->head.groups.count, 4, 4);
	r->head.affinity.offset =
		block_items(block, len, r->affinity, r->head.affinity.count, 1, 1);
	r->head.cwd = block_string(block, len, r->cwd);
	r->head.root = block_string(block, len, r->root);
	r->head.cgroup = block_string(block, len, r->cgroup);
	/* Some list must end the block with a NUL when no string comes behind the tables. */
	block_string(block, len, "");
	memcpy(block, &r->head, sizeof(r->head));
	return block;
}

/* ---- spawning ---- */

static struct rs_engine *engine;

static inline struct rs_outcome spawn(struct req *r);

static inline void engine_up(void)
{
	CHECK_IS(rs_engine_open(&engine), 0);
	if (executor() == RS_EXECUTOR_IO_URING) {
		struct rs_probe probe = { .size = sizeof(probe) };

		/* The probe also finds out whether the kernel takes a list of fds. */
		CHECK_IS(rs_probe_io_uring(&probe), 0);
		CHECK_IS(probe.part, RS_PROBE_OK);
		/* The ring is made by the first spawn, and its fds would be taken for a leak. */
		CHECK_IS(spawn(req_new("/nonexistent")).error, ENOENT);
	}
}

/* Frees the request. */
static inline struct rs_outcome spawn(struct req *r)
{
	struct rs_outcome out = { .size = sizeof(out) };
	uint32_t len;
	char *block = req_block(r, &len);

	CHECK_IS(rs_spawn(engine, block, len, &out), 0);
	free(block);
	free(r);
	return out;
}

static inline struct rs_outcome spawn_ok(struct req *r)
{
	struct rs_outcome out = spawn(r);

	if (out.error != 0) {
		fprintf(stderr, "spawn failed: %s at step %u, index %u\n", strerror(out.error),
			out.step, out.index);
		exit(1);
	}
	CHECK(out.pid > 0);
	CHECK(out.pidfd > 2);
	CHECK_IS(out.step, RS_STEP_NONE);
	return out;
}

/* Waits for its end, reaps it, closes its pidfd. */
static inline struct rs_exit finish(struct rs_outcome *out)
{
	struct rs_exit end = { .size = sizeof(end) };
	struct pollfd pidfd = { .fd = out->pidfd, .events = POLLIN };
	int ret;

	/* Where SIGCHLD is ignored a process may be readable and not yet reaped by the kernel. */
	do {
		ret = poll(&pidfd, 1, 30000);
		CHECK(ret == 1 || errno == EINTR);
		ret = rs_reap(out->pidfd, &end);
	} while (ret == 0);
	CHECK_IS(ret, 1);
	CHECK_IS(rs_close(out->pidfd), 0);
	out->pidfd = -1;
	return end;
}

/* Everything until the end of the pipe, NUL-terminated; closes it. */
static inline char *drain(int fd)
{
	static char text[1 << 20];
	uint32_t used = 0;
	int32_t got;

	CHECK(fd >= 0);
	for (;;) {
		struct pollfd ready = { .fd = fd, .events = POLLIN };

		CHECK(poll(&ready, 1, 30000) == 1 || errno == EINTR);
		got = rs_read(fd, text + used, (uint32_t)sizeof(text) - 1 - used);
		if (got == -EAGAIN)
			continue;
		CHECK(got >= 0);
		if (got == 0)
			break;
		used += (uint32_t)got;
	}
	CHECK_IS(rs_close(fd), 0);
	text[used] = 0;
	return text;
}

/* Closes all of the parent's ends. */
static inline void close_ends(struct rs_outcome *out)
{
	for (uint32_t i = 0; i < out->count; i++) {
		if (out->ends[i].read >= 0)
			CHECK_IS(rs_close(out->ends[i].read), 0);
		if (out->ends[i].write >= 0)
			CHECK_IS(rs_close(out->ends[i].write), 0);
	}
	out->count = 0;
}

/* ---- the child to look at (show.c) ---- */

static inline const char *beside_me(const char *name)
{
	static char path[2][4096];
	static int turn;
	char *slash;
	ssize_t len;

	turn = !turn;
	len = readlink("/proc/self/exe", path[turn], sizeof(path[turn]) - 256);
	CHECK(len > 0);
	path[turn][len] = 0;
	slash = strrchr(path[turn], '/');
	strcpy(slash + 1, name);
	return path[turn];
}

/* `show` with /dev/null as 0, a pipe as 1 and the test's own 2. */
static inline struct req *req_show(void)
{
	struct req *r = req_new(beside_me("show"));

	slot(r, 0, RS_SLOT_NULL, 0);
	slot(r, 1, RS_SLOT_PIPE_OUT, 0);
	slot(r, 2, RS_SLOT_FD, 2);
	return r;
}

/* Runs the request to its end, and returns what the program has printed. Target 1 is its only pipe.
 */
static inline const char *shown(struct req *r)
{
	struct rs_outcome out;
	struct rs_exit end;
	const char *text;
	int i = 0;

	while (r->slots[i].target != 1)
		i++;
	out = spawn_ok(r);
	text = drain(out.ends[i].read);
	end = finish(&out);
	CHECK_IS(end.known, 1);
	CHECK_IS(end.code, 0);
	return text;
}

/* The value of "key value" in what show has printed. */
static inline const char *value(const char *text, const char *key)
{
	static char found[8][65536];
	static int turn;
	size_t len = strlen(key);

	for (const char *line = text; line != NULL && *line != 0;
	     line = strchr(line, '\n') ? strchr(line, '\n') + 1 : NULL)
		if (strncmp(line, key, len) == 0 && line[len] == ' ') {
			turn = (turn + 1) % 8;
			snprintf(found[turn], sizeof(found[turn]), "%.*s",
				 (int)strcspn(line + len + 1, "\n"), line + len + 1);
			return found[turn];
		}
	fprintf(stderr, "show did not say '%s':\n%s", key, text);
	exit(1);
}

#define CHECK_SHOWS(text, key, want)                                                           \
	do {                                                                                   \
		const char *have_ = value(text, key), *want_ = (want);                         \
		if (strcmp(have_, want_) != 0) {                                               \
			fprintf(stderr, "%s:%d: the child's %s is '%s', not '%s'\n", __FILE__, \
				__LINE__, key, have_, want_);                                  \
			exit(1);                                                               \
		}                                                                              \
	} while (0)

/* ---- what must not be left ---- */

static inline int fd_count(void)
{
	DIR *dir = opendir("/proc/self/fd");
	int count = -3; /* ".", ".." and the directory's own */

	CHECK(dir != NULL);
	while (readdir(dir) != NULL)
		count++;
	closedir(dir);
	return count;
}

/* A program with next to no fds left, and what it takes to be as before. */
struct few_fds {
	struct rlimit before;
	int filler[64], fillers;
};

/* Lets this program open `room` fds more, and no others. */
static inline void leave_fds(struct few_fds *few, int room)
{
	struct rlimit low;

	CHECK(getrlimit(RLIMIT_NOFILE, &few->before) == 0);
	low = few->before;
	low.rlim_cur = 64;
	CHECK(setrlimit(RLIMIT_NOFILE, &low) == 0);
	few->fillers = 0;
	while (few->fillers < 64) {
		int fd = fcntl(0, F_DUPFD_CLOEXEC, 3);

		if (fd < 0)
			break;
		few->filler[few->fillers++] = fd;
	}
	while (room-- > 0)
		close(few->filler[--few->fillers]);
}

static inline void leave_all_fds(struct few_fds *few)
{
	while (few->fillers > 0)
		close(few->filler[--few->fillers]);
	CHECK(setrlimit(RLIMIT_NOFILE, &few->before) == 0);
}

/* No child at all, neither running nor dead. */
static inline int has_no_children(void)
{
	/* Not waitid, which some tests have the kernel refuse. */
	return waitpid(-1, NULL, WNOHANG | __WALL) == -1 && errno == ECHILD;
}

#define CHECK_FAILS(outcome, want_error, want_step, want_index) \
	do {                                                    \
		struct rs_outcome out_ = (outcome);             \
		CHECK_IS(out_.error, want_error);               \
		CHECK_IS(out_.step, want_step);                 \
		CHECK_IS(out_.index, want_index);               \
		CHECK_IS(out_.pid, -1);                         \
		CHECK_IS(out_.pidfd, -1);                       \
		CHECK_IS(out_.count, 0);                        \
		CHECK(has_no_children());                       \
	} while (0)

#endif
