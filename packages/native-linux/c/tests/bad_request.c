/* Every malformed block is refused with EINVAL at step REQUEST, the index names a field of the
 * header, and nothing is left. */
#include <stddef.h>

#include "test.h"

#define AT(field) offsetof(struct rs_request, field)

static struct rs_outcome try_bytes(const void *block, uint32_t len)
{
	struct rs_outcome out = { .size = sizeof(out) };

	CHECK_IS(rs_spawn(engine, block, len, &out), 0);
	CHECK(rs_explain(engine, block, len, NULL, 0) < 0);
	return out;
}

/* A sound request with one field of its header changed. */
#define REFUSES(field, bad_value) REFUSES_AT(field, bad_value, AT(field))
#define REFUSES_AT(field, bad_value, at)                                           \
	do {                                                                       \
		uint32_t len_;                                                     \
		struct req *r_ = full();                                           \
		char *block_ = req_block(r_, &len_);                               \
		((struct rs_request *)block_)->field = bad_value;                  \
		CHECK_FAILS(try_bytes(block_, len_), EINVAL, RS_STEP_REQUEST, at); \
		free(block_);                                                      \
		free(r_);                                                          \
	} while (0)

static struct req *full(void)
{
	struct req *r = req_new("/bin/true");

	put(&r->envp, "A=B");
	slot(r, 1, RS_SLOT_NULL, 0);
	slot_file(r, 3, "/dev/null", O_RDONLY, 0);
	r->head.limits.count = 1;
	r->limits[0] = (struct rs_limit){ .resource = 7, .set = 1, .soft = 100 };
	r->head.set = RS_SET_GROUPS;
	r->head.groups.count = 2;
	r->head.affinity.count = 1;
	r->affinity[0] = 0xff;
	r->cwd = "/";
	return r;
}

static void refuses_headers(void)
{
	REFUSES(size, 0);
	REFUSES(size, sizeof(struct rs_request) + 1);
	REFUSES(abi, RS_ABI + 1);
	REFUSES(executor, 0);
	REFUSES(executor, 3);
	REFUSES(flags, 1u << 31);
	REFUSES(set, 1u << 31);
	REFUSES(namespaces, 1);
	REFUSES(namespaces, 0x00010000); /* CLONE_THREAD */
	REFUSES_AT(candidates.count, 0, AT(candidates));
	REFUSES_AT(candidates.count, UINT32_MAX, AT(candidates));
	REFUSES_AT(candidates.offset, 0, AT(candidates));
	REFUSES_AT(candidates.offset, 163, AT(candidates));
	REFUSES_AT(candidates.offset, UINT32_MAX - 3, AT(candidates));
	REFUSES_AT(argv.count, 0, AT(argv));
	REFUSES_AT(argv.count, 1u << 30, AT(argv));
	REFUSES_AT(argv.offset, 0x7ffffffc, AT(argv));
	REFUSES_AT(envp.count, 1u << 30, AT(envp));
	REFUSES_AT(flags, RS_F_INHERIT_ENV, AT(envp)); /* both */
	REFUSES_AT(slots.count, RS_MAX_SLOTS + 1, AT(slots));
	REFUSES_AT(slots.offset, 164, AT(slots)); /* not a multiple of 8 */
	REFUSES_AT(limits.count, 1u << 30, AT(limits));
	REFUSES_AT(groups.count, 1u << 30, AT(groups));
	REFUSES_AT(set, 0, AT(groups)); /* groups without their bit */
	REFUSES_AT(affinity.count, 1u << 30, AT(affinity));
	REFUSES_AT(cwd, 1, AT(cwd)); /* inside the header */
	REFUSES_AT(cwd, UINT32_MAX, AT(cwd));
	REFUSES_AT(root, ROOM, AT(root));
	REFUSES_AT(cgroup, ROOM, AT(cgroup));
}

static void refuses_values(void)
{
	struct req *r;

#define REFUSES_VALUE(bit, field, bad_value)                               \
	do {                                                               \
		r = req_new("/bin/true");                                  \
		r->head.set = bit;                                         \
		r->head.field = bad_value;                                 \
		CHECK_FAILS(spawn(r), EINVAL, RS_STEP_REQUEST, AT(field)); \
	} while (0)
	REFUSES_VALUE(RS_SET_PROCESS_GROUP, process_group, -1);
	REFUSES_VALUE(RS_SET_CONTROLLING_TERMINAL, controlling_terminal, -1);
	REFUSES_VALUE(RS_SET_UMASK, umask, 01000);
	REFUSES_VALUE(RS_SET_PRIORITY, priority, 20);
	REFUSES_VALUE(RS_SET_PRIORITY, priority, -21);
	REFUSES_VALUE(RS_SET_IO_PRIORITY, io_priority, 0x10000);
	REFUSES_VALUE(RS_SET_DIE_WITH_PARENT, die_signal, 0);
	REFUSES_VALUE(RS_SET_DIE_WITH_PARENT, die_signal, 65);
	REFUSES_VALUE(0, signals_ignore, 1ull << (SIGKILL - 1));
	REFUSES_VALUE(0, signals_ignore, 1ull << (SIGSTOP - 1));

	r = req_new("/bin/true");
	r->head.set = RS_SET_CGROUP_FD;
	r->cgroup = "/sys/fs/cgroup";
	CHECK_FAILS(spawn(r), EINVAL, RS_STEP_REQUEST, AT(cgroup));
}

static void refuses_flags(enum rs_slot_kind kind, uint32_t flags, int fd)
{
	struct req *r = req_new("/bin/true");

	if (kind == RS_SLOT_FILE)
		slot_file(r, 5, "/dev/null", O_RDONLY, 0);
	else
		slot(r, 5, kind, fd);
	r->slots[0].flags = flags;
	CHECK_FAILS(spawn(r), EINVAL, RS_STEP_REQUEST, AT(slots));
}

/* Flags that a kind cannot have, fds that cannot be given, terminals that are not one. */
static void refuses_flags_of_slots(void)
{
	int fd = fcntl(2, F_DUPFD_CLOEXEC, 3);
	struct req *r;

	for (enum rs_slot_kind kind = RS_SLOT_NULL; kind <= RS_SLOT_PTY; kind++) {
		refuses_flags(kind, 4, fd);
		if (kind != RS_SLOT_FD)
			refuses_flags(kind, RS_SLOT_GIVEN, fd);
	}
	refuses_flags(RS_SLOT_NULL, RS_SLOT_RAW, 0);
	refuses_flags(RS_SLOT_FILE, RS_SLOT_RAW, 0);
	refuses_flags(RS_SLOT_FD, RS_SLOT_RAW, fd);
	for (int low = -1; low <= 2; low++)
		refuses_flags(RS_SLOT_FD, RS_SLOT_GIVEN, low);
	for (uint32_t second = 0; second <= RS_SLOT_GIVEN; second += RS_SLOT_GIVEN) {
		r = req_new("/bin/true");
		slot(r, 5, RS_SLOT_FD, fd)->flags = RS_SLOT_GIVEN;
		slot(r, 6, RS_SLOT_FD, fd)->flags = second;
		CHECK_FAILS(spawn(r), EINVAL, RS_STEP_REQUEST, AT(slots));
	}
	for (int differs = 0; differs < 3; differs++) {
		r = req_new("/bin/true");
		slot(r, 5, RS_SLOT_PTY, 0);
		slot(r, 6, RS_SLOT_NULL, 0);
		slot(r, 7, RS_SLOT_PTY, 0);
		r->slots[differs == 0 ? 0 : 2].rows = differs < 2;
		r->slots[2].flags = differs == 2 ? RS_SLOT_RAW : 0;
		CHECK_FAILS(spawn(r), EINVAL, RS_STEP_REQUEST, AT(slots));
	}
	/* None of these has closed it. */
	CHECK_IS(close(fd), 0);
}

static void refuses_slots_and_limits(void)
{
	struct req *r = req_new("/bin/true");

	slot(r, 1, RS_SLOT_NULL, 0);
	slot(r, 1, RS_SLOT_NULL, 0);
	CHECK_FAILS(spawn(r), EINVAL, RS_STEP_REQUEST, AT(slots));

	r = req_new("/bin/true");
	slot(r, 2, RS_SLOT_NULL, 0);
	slot(r, 1, RS_SLOT_NULL, 0);
	CHECK_FAILS(spawn(r), EINVAL, RS_STEP_REQUEST, AT(slots));

	r = req_new("/bin/true");
	slot(r, -1, RS_SLOT_NULL, 0);
	CHECK_FAILS(spawn(r), EINVAL, RS_STEP_REQUEST, AT(slots));

	r = req_new("/bin/true");
	slot(r, 0, (enum rs_slot_kind)(RS_SLOT_PTY + 1), 0);
	CHECK_FAILS(spawn(r), EINVAL, RS_STEP_REQUEST, AT(slots));

	r = req_new("/bin/true");
	slot(r, 0, RS_SLOT_FILE, 0); /* no path */
	CHECK_FAILS(spawn(r), EINVAL, RS_STEP_REQUEST, AT(slots));

	refuses_flags_of_slots();

	for (int kind = 0; kind < 3; kind++) {
		r = req_new("/bin/true");
		r->head.limits.count = 1;
		r->limits[0] = (struct rs_limit){ .resource = kind == 0 ? 16 : 7,
						  .set = kind == 1   ? 0
							 : kind == 2 ? 4
								     : 1 };
		CHECK_FAILS(spawn(r), EINVAL, RS_STEP_REQUEST, AT(limits));
	}
}

/* The string has no NUL inside the block, and the memory ends with the block: ASan sees a read too
 * many. */
static void refuses_unterminated_strings(void)
{
	struct rs_request head = {
		.size = sizeof(head),
		.abi = RS_ABI,
		.executor = RS_EXECUTOR_VFORK,
		.candidates = { sizeof(head), 1 },
		.argv = { sizeof(head), 1 },
	};
	uint32_t offset = sizeof(head) + 4, len = sizeof(head) + 8;
	char *block = malloc(len);

	memcpy(block, &head, sizeof(head));
	memcpy(block + sizeof(head), &offset, 4);
	memset(block + sizeof(head) + 4, '/', 4);
	CHECK_FAILS(try_bytes(block, len), EINVAL, RS_STEP_REQUEST, AT(candidates));
	free(block);
}

static void refuses_lengths(void)
{
	struct req *r = full();
	uint32_t len;
	char *block = req_block(r, &len), *shorter;

	CHECK_FAILS(try_bytes(NULL, len), EINVAL, RS_STEP_REQUEST, 0);
	CHECK_FAILS(try_bytes(block, RS_MAX_REQUEST + 1), E2BIG, RS_STEP_FILE, 0);
	/* A block that is cut is refused at every length. Each lies in memory of exactly that
	 * length, so that a read behind it is seen. */
	for (uint32_t cut = 0; cut < len; cut++) {
		struct rs_explained rows[64];
		int rows_now;

		shorter = malloc(cut == 0 ? 1 : cut);
		memcpy(shorter, block, cut);
		rows_now = rs_explain(engine, shorter, cut, rows, 64);
		CHECK(rows_now == -EINVAL ||
		      (cut == len - 1 && rows_now > 0)); /* the last byte is a spare NUL */
		free(shorter);
	}
	free(block);
	free(r);
}

int main(void)
{
	int before;

	engine_up();
	before = fd_count();
	refuses_headers();
	refuses_values();
	refuses_slots_and_limits();
	refuses_unterminated_strings();
	refuses_lengths();
	CHECK_IS(fd_count(), before);
	rs_engine_close(engine);
	return 0;
}
