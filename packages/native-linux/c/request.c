/*
 * The only parser. The block comes from another language and may be wrong in every way. So nothing
 * in it is believed before it was checked, and it is read a second time only from the engine's own
 * copy.
 */
#define _GNU_SOURCE
#include <assert.h>
#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "fault.h"
#include "kernel.h"
#include "outcome.h"
#include "request.h"

_Static_assert(sizeof(void *) == 8, "sums of 32-bit counts times sizes fit a size_t");

#define ALL_NAMESPACES                                                                            \
	(KERNEL_CLONE_NEWTIME | KERNEL_CLONE_NEWNS | KERNEL_CLONE_NEWCGROUP |                     \
	 KERNEL_CLONE_NEWUTS | KERNEL_CLONE_NEWIPC | KERNEL_CLONE_NEWUSER | KERNEL_CLONE_NEWPID | \
	 KERNEL_CLONE_NEWNET)
#define SIGNAL_BIT(sig) (1ull << ((sig)-1))

/* The offset of the field that is wrong, which is the outcome's index. 0, the offset of `size`,
 * also stands for the block as a whole. */
#define BAD(field) offsetof(struct rs_request, field)
#define GOOD UINT32_MAX

static int is_span(const struct rs_span *span, uint32_t size, uint32_t len)
{
	if (span->count == 0)
		return 1;
	return span->offset >= sizeof(struct rs_request) &&
	       span->offset % (size > 8 ? 8 : size) == 0 && span->offset <= len &&
	       span->count <= (len - span->offset) / size;
}

static uint32_t check_executor(const struct rs_request *h)
{
	switch ((enum rs_executor)h->executor) {
	case RS_EXECUTOR_VFORK:
	case RS_EXECUTOR_IO_URING:
		return GOOD;
	}
	return BAD(executor);
}

/* Checks what the flag may come with. */
static uint32_t check_flag(const struct rs_request *h, enum rs_flag flag)
{
	switch (flag) {
	case RS_F_INHERIT_ENV:
		return h->envp.count == 0 ? GOOD : BAD(envp);
	case RS_F_SHELL_FALLBACK:
	case RS_F_KEEP_FDS:
	case RS_F_SESSION:
	case RS_F_NO_NEW_PRIVILEGES:
		return GOOD;
	}
	return BAD(flags);
}

/* Checks the plain field that a bit of `set` stands for. */
static uint32_t check_set(const struct rs_request *h, enum rs_set bit)
{
	switch (bit) {
	case RS_SET_PROCESS_GROUP:
		return h->process_group >= 0 ? GOOD : BAD(process_group);
	case RS_SET_CONTROLLING_TERMINAL:
		return h->controlling_terminal >= 0 ? GOOD : BAD(controlling_terminal);
	/* To setresuid and setresgid -1 means that the id stays as it is. */
	case RS_SET_UID:
		return h->uid != UINT32_MAX ? GOOD : BAD(uid);
	case RS_SET_GID:
		return h->gid != UINT32_MAX ? GOOD : BAD(gid);
	case RS_SET_UMASK:
		return h->umask <= 0777 ? GOOD : BAD(umask);
	case RS_SET_PRIORITY:
		return h->priority >= -20 && h->priority <= 19 ? GOOD : BAD(priority);
	case RS_SET_IO_PRIORITY:
		return h->io_priority <= 0xffff ? GOOD : BAD(io_priority);
	case RS_SET_CGROUP_FD:
		return h->cgroup == 0 ? GOOD : BAD(cgroup);
	case RS_SET_DIE_WITH_PARENT:
		return h->die_signal >= 1 && h->die_signal <= KERNEL_NSIG ? GOOD : BAD(die_signal);
	/* Which ids, policies and priorities there are is for the kernel to say. */
	case RS_SET_GROUPS:
	case RS_SET_SCHEDULER:
		return GOOD;
	}
	return BAD(set);
}

/* Checks every bit by itself, so that a bit without a meaning is refused. */
static uint32_t check_bits(const struct rs_request *h)
{
	for (uint32_t i = 0; i < 32; i++) {
		uint32_t bit = UINT32_C(1) << i, bad = GOOD;

		if (h->flags & bit)
			bad = check_flag(h, (enum rs_flag)bit);
		if (bad == GOOD && (h->set & bit))
			bad = check_set(h, (enum rs_set)bit);
		if (bad != GOOD)
			return bad;
	}
	return GOOD;
}

static uint32_t check_spans(const struct rs_request *h, uint32_t len)
{
	if (h->candidates.count == 0 || !is_span(&h->candidates, sizeof(uint32_t), len))
		return BAD(candidates);
	if (h->argv.count == 0 || !is_span(&h->argv, sizeof(uint32_t), len))
		return BAD(argv);
	if (!is_span(&h->envp, sizeof(uint32_t), len))
		return BAD(envp);
	if (h->slots.count > RS_MAX_SLOTS || !is_span(&h->slots, sizeof(struct rs_slot), len))
		return BAD(slots);
	if (!is_span(&h->limits, sizeof(struct rs_limit), len))
		return BAD(limits);
	if (!is_span(&h->groups, sizeof(uint32_t), len) ||
	    (!(h->set & RS_SET_GROUPS) && h->groups.count != 0))
		return BAD(groups);
	if (!is_span(&h->affinity, 1, len))
		return BAD(affinity);
	return GOOD;
}

/* Checks what the header alone can tell. */
static uint32_t check_head(const struct rs_request *h, uint32_t len)
{
	const uint64_t unignorable = SIGNAL_BIT(SIGKILL) | SIGNAL_BIT(SIGSTOP);
	uint32_t bad;

	if (h->size != sizeof(*h))
		return BAD(size);
	if (h->abi != RS_ABI)
		return BAD(abi);
	if (h->namespaces & ~(uint32_t)ALL_NAMESPACES)
		return BAD(namespaces);
	if (h->signals_ignore & unignorable)
		return BAD(signals_ignore);
	bad = check_executor(h);
	if (bad == GOOD)
		bad = check_bits(h);
	return bad == GOOD ? check_spans(h, len) : bad;
}

/* A string ends inside the block if it begins no later than the last NUL of the block. So no string
 * is read for this check. */
static int is_string(uint32_t offset, size_t strings_end)
{
	return offset >= sizeof(struct rs_request) && offset < strings_end;
}

static int is_string_or_none(uint32_t offset, size_t strings_end)
{
	return offset == 0 || is_string(offset, strings_end);
}

static int are_strings(const struct request *request, const struct rs_span *span,
		       size_t strings_end)
{
	const uint32_t *offsets = (const uint32_t *)(request->text + span->offset);

	for (uint32_t i = 0; i < span->count; i++)
		if (!is_string(offsets[i], strings_end))
			return 0;
	return 1;
}

/* Which flags a kind may have. */
static uint32_t flags_of_kind(enum rs_slot_kind kind)
{
	switch (kind) {
	case RS_SLOT_PIPE_IN:
	case RS_SLOT_PIPE_OUT:
	case RS_SLOT_SOCKET:
	case RS_SLOT_PTY:
		return RS_SLOT_RAW;
	case RS_SLOT_FD:
		return RS_SLOT_GIVEN;
	case RS_SLOT_NULL:
	case RS_SLOT_FILE:
		break;
	}
	return 0;
}

/* An fd that is given away must be the only mention of it: it is closed once. */
static int may_be_given(const struct request *request, uint32_t given)
{
	int32_t fd = request->slots[given].fd;

	for (uint32_t i = 0; i < request->head.slots.count; i++)
		if (i != given && request->slots[i].kind == RS_SLOT_FD &&
		    request->slots[i].fd == fd)
			return 0;
	return fd > 2;
}

static int are_slots(const struct request *request, size_t strings_end)
{
	const struct rs_slot *pty = NULL;
	int64_t last = -1;

	for (uint32_t i = 0; i < request->head.slots.count; i++) {
		const struct rs_slot *slot = &request->slots[i];

		if (slot->target <= last || slot->kind > RS_SLOT_PTY ||
		    (slot->flags & ~flags_of_kind((enum rs_slot_kind)slot->kind)))
			return 0;
		if (slot->kind == RS_SLOT_FILE && !is_string(slot->path, strings_end))
			return 0;
		if ((slot->flags & RS_SLOT_GIVEN) && !may_be_given(request, i))
			return 0;
		if (slot->kind == RS_SLOT_PTY && pty != NULL &&
		    (slot->flags != pty->flags || slot->rows != pty->rows ||
		     slot->cols != pty->cols))
			return 0;
		if (slot->kind == RS_SLOT_PTY)
			pty = slot;
		last = slot->target;
	}
	return 1;
}

static int are_limits(const struct request *request)
{
	for (uint32_t i = 0; i < request->head.limits.count; i++) {
		const struct rs_limit *limit = &request->limits[i];

		if (limit->resource >= KERNEL_RLIM_NLIMITS || limit->set == 0 ||
		    (limit->set & ~(uint32_t)(RS_LIMIT_SOFT | RS_LIMIT_HARD)))
			return 0;
	}
	return 1;
}

/* Checks the part of the block behind its header, in the engine's own copy. */
static uint32_t check_body(const struct request *request, size_t strings_end)
{
	const struct rs_request *h = &request->head;

	if (!are_strings(request, &h->candidates, strings_end))
		return BAD(candidates);
	if (!are_strings(request, &h->argv, strings_end))
		return BAD(argv);
	if (!are_strings(request, &h->envp, strings_end))
		return BAD(envp);
	if (!are_slots(request, strings_end))
		return BAD(slots);
	if (!are_limits(request))
		return BAD(limits);
	if (!is_string_or_none(h->cwd, strings_end))
		return BAD(cwd);
	if (!is_string_or_none(h->root, strings_end))
		return BAD(root);
	if (!is_string_or_none(h->cgroup, strings_end))
		return BAD(cgroup);
	return GOOD;
}

/* Hands out pieces of the arena. With a NULL base it only adds up their sizes. */
static void *carve(char *base, size_t *used, size_t count, size_t size)
{
	char *piece = base == NULL ? NULL : base + *used;

	*used += (count * size + 15) / 16 * 16;
	return piece;
}

/* The one list of pieces, for measuring and for carving, so that the two cannot differ. */
static size_t lay_out(struct request *request, char *base, uint32_t len)
{
	const struct rs_request *h = &request->head;
	size_t used = 0;

	request->arena = base;
	request->argv = carve(base, &used, (size_t)h->argv.count + 1, sizeof(char *));
	request->envp = carve(base, &used, (size_t)h->envp.count + 1, sizeof(char *));
	request->shell_argv = carve(base, &used, (size_t)h->argv.count + 2, sizeof(char *));
	request->candidates = carve(base, &used, h->candidates.count, sizeof(struct candidate));
	request->ends = carve(base, &used, h->slots.count, sizeof(struct end));
	request->listed = carve(base, &used, h->slots.count, sizeof(struct listed_fd));
	request->steps = carve(base, &used, chain_capacity(h), sizeof(struct step));
	request->text = carve(base, &used, len, 1);
	return used;
}

static void point_strings(const struct request *request, const struct rs_span *span,
			  const char **into)
{
	const uint32_t *offsets = (const uint32_t *)(request->text + span->offset);

	for (uint32_t i = 0; i < span->count; i++)
		into[i] = request->text + offsets[i];
	into[span->count] = NULL;
}

static void point(struct request *request)
{
	const struct rs_request *h = &request->head;
	const uint32_t *offsets = (const uint32_t *)(request->text + h->candidates.offset);

	for (uint32_t i = 0; i < h->candidates.count; i++)
		request->candidates[i] = (struct candidate){ .path = request->text + offsets[i] };
	point_strings(request, &h->argv, request->argv);
	if (h->flags & RS_F_INHERIT_ENV)
		request->envp = NULL;
	else
		point_strings(request, &h->envp, request->envp);
	if (h->flags & RS_F_SHELL_FALLBACK) {
		request->shell_argv[0] = "/bin/sh";
		request->shell_argv[1] = NULL;
		memcpy(&request->shell_argv[2], &request->argv[1], h->argv.count * sizeof(char *));
	} else {
		request->shell_argv = NULL;
	}
	request->cwd = request_string(request, h->cwd);
	request->root = request_string(request, h->root);
	request->cgroup = request_string(request, h->cgroup);
}

static int is_long_path(const char *block, uint32_t len, uint32_t offset)
{
	return offset != 0 && offset < len && len - offset >= PATH_MAX &&
	       memchr(block + offset, 0, PATH_MAX) == NULL;
}

/* Of a block that is too long, and whose header is good. Fails as the kernel would, which takes no
 * path and no arguments of such a length. */
static int fail_as_too_long(const struct rs_request *h, const char *block, uint32_t len,
			    struct rs_outcome *out)
{
	uint32_t candidate;

	for (uint32_t i = 0; i < h->slots.count; i++) {
		struct rs_slot slot;

		memcpy(&slot, block + h->slots.offset + i * sizeof(slot), sizeof(slot));
		if (slot.kind == RS_SLOT_FILE && is_long_path(block, len, slot.path))
			return fail(out, ENAMETOOLONG, RS_STEP_STDIO, i);
	}
	if (is_long_path(block, len, h->cgroup))
		return fail(out, ENAMETOOLONG, RS_STEP_CGROUP, 0);
	if (is_long_path(block, len, h->root))
		return fail(out, ENAMETOOLONG, RS_STEP_ROOT, 0);
	if (is_long_path(block, len, h->cwd))
		return fail(out, ENAMETOOLONG, RS_STEP_CWD, 0);
	memcpy(&candidate, block + h->candidates.offset, sizeof(candidate));
	return fail(out, is_long_path(block, len, candidate) ? ENAMETOOLONG : E2BIG, RS_STEP_FILE,
		    0);
}

int request_parse(struct request *request, const void *block, uint32_t len, struct rs_outcome *out)
{
	const char *last_nul;
	size_t size, carved;
	uint32_t bad;
	char *arena;
	int error;

	memset(request, 0, sizeof(*request));
	error = fault(RS_STEP_REQUEST, 0);
	if (error != 0)
		return fail(out, error, RS_STEP_REQUEST, 0);
	if (block == NULL || len < sizeof(request->head))
		return fail(out, EINVAL, RS_STEP_REQUEST, BAD(size));
	memcpy(&request->head, block, sizeof(request->head));
	bad = check_head(&request->head, len);
	if (bad != GOOD)
		return fail(out, EINVAL, RS_STEP_REQUEST, bad);
	if (len > RS_MAX_REQUEST)
		return fail_as_too_long(&request->head, block, len, out);

	error = fault(RS_STEP_MEMORY, 0);
	size = lay_out(request, NULL, len);
	arena = error != 0 ? NULL : malloc(size);
	if (arena == NULL)
		return fail(out, error != 0 ? error : ENOMEM, RS_STEP_MEMORY, 0);
	carved = lay_out(request, arena, len);
	assert(carved == size);
	(void)carved;
	memcpy((char *)request->text, block, len);
	request->slots = (const struct rs_slot *)(request->text + request->head.slots.offset);
	request->limits = (const struct rs_limit *)(request->text + request->head.limits.offset);
	request->groups = (const uint32_t *)(request->text + request->head.groups.offset);
	request->affinity = (const uint8_t *)(request->text + request->head.affinity.offset);

	last_nul = memrchr(request->text, 0, len);
	bad = check_body(request, last_nul == NULL ? 0 : (size_t)(last_nul - request->text) + 1);
	if (bad != GOOD) {
		request_free(request);
		return fail(out, EINVAL, RS_STEP_REQUEST, bad);
	}
	point(request);
	return 0;
}

void request_free(struct request *request)
{
	free(request->arena);
	request->arena = NULL;
}
