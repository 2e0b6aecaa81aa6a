// SPDX-License-Identifier: GPL-2.0
/* What a ring shows of itself names requests by the opcodes that user space has written. */
#include "lib.h"
#include <sys/mount.h>

static void shows(const char *text, const char *line)
{
	if (!strstr(text, line))
		FAIL("no '%s' in:\n%s", line, text);
}

static char *content(const char *path)
{
	static char text[1 << 16];
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	size_t length = 0;
	ssize_t n;

	CHECK(fd >= 0);
	while ((n = read(fd, text + length, sizeof(text) - 1 - length)) > 0)
		length += n;
	text[length] = 0;
	close(fd);
	return text;
}

/* The tracepoint of entries that fail. */
static void tracepoint(struct ring *r)
{
	static const char tracing[] = "/sys/kernel/tracing";
	char path[128];
	int fd;

	if (!on_debug_kernel())
		return;
	snprintf(path, sizeof(path), "%s/events/io_uring/io_uring_req_failed/enable", tracing);
	mount("tracefs", tracing, "tracefs", 0, NULL);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	CHECK(fd >= 0 && write(fd, "1", 1) == 1);
	for (int i = 0; i < 5; i++) {
		int op = i < 4 ? 58 + i : OP_EXEC;

		sqe(r, op, 0, op);
		submit(r);
		RESULT(r, op, -EINVAL);
	}
	CHECK(write(fd, "0", 1) == 1);
	close(fd);
	snprintf(path, sizeof(path), "%s/trace", tracing);
	char *text = content(path);

	shows(text, "user_data 0xc9, opcode EXEC,");
	shows(text, "user_data 0x3d, opcode INVALID,");
	for (char *line = strstr(text, "user_data 0x3a,"); line; line = NULL)
		if (!strncmp(line, "user_data 0x3a, opcode CLONE", 28))
			FAIL("58 is no CLONE:\n%s", text);
	umount2(tracing, MNT_DETACH);
}

static void test(struct ring *r)
{
	char path[64], line[64], *text;
	struct ring other;

	/* on a ring of its own: what is written here isn't submitted */
	ring_open(&other, 8, r->flags);
	for (int op = OP_CLONE; op <= OP_SPAWN_CALL + 1; op++)
		sqe(&other, op, 0, op);
	for (int op = 58; op <= 60; op++)
		sqe(&other, op, 0, op);
	__atomic_store_n(other.sq_tail, other.sqes_pending, __ATOMIC_RELEASE);
	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", other.fd);
	text = content(path);
	shows(text, "    0: opcode:CLONE,");
	shows(text, "    1: opcode:EXEC,");
	shows(text, "    2: opcode:SPAWN_CALL,");
	shows(text, "    3: opcode:INVALID,");
	for (int i = 4; i < 7; i++) {
		snprintf(line, sizeof(line), "%5d: opcode:", i);
		shows(text, line);
		for (const char *name = (const char *[]){ "CLONE", "EXEC", "SPAWN_CALL" }[i - 4];
		     name; name = NULL)
			if (!strncmp(strstr(text, line) + strlen(line), name, strlen(name)))
				FAIL("%d is no %s", 54 + i, name);
	}
	ring_close(&other);
	tracepoint(r);
}
