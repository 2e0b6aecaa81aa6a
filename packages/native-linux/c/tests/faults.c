/* variant: faults
 * Every step of enum rs_step is made to fail: the errno, step and index must come back, the program
 * must not have run, and no child and no fd may be left. A step that is not covered here fails the
 * test.
 */
#include <sched.h>
#include <sys/resource.h>

#include "fault.h"
#include "test.h"

static char marker[64];

/* A new enumerator does not compile without a line here, and main tests every step that is here. */
static int is_a_step(uint32_t number)
{
	switch ((enum rs_step)number) {
	case RS_STEP_REQUEST:
	case RS_STEP_MEMORY:
	case RS_STEP_STDIO:
	case RS_STEP_CGROUP:
	case RS_STEP_BIRTH:
	case RS_STEP_NAMESPACES:
	case RS_STEP_SESSION:
	case RS_STEP_PROCESS_GROUP:
	case RS_STEP_FDS:
	case RS_STEP_CONTROLLING_TERMINAL:
	case RS_STEP_LIMITS:
	case RS_STEP_PRIORITY:
	case RS_STEP_IO_PRIORITY:
	case RS_STEP_AFFINITY:
	case RS_STEP_SCHEDULER:
	case RS_STEP_UMASK:
	case RS_STEP_ROOT:
	case RS_STEP_CWD:
	case RS_STEP_GROUPS:
	case RS_STEP_GID:
	case RS_STEP_UID:
	case RS_STEP_DIE_WITH_PARENT:
	case RS_STEP_NO_NEW_PRIVILEGES:
	case RS_STEP_CLOSE_FDS:
	case RS_STEP_SIGNALS:
	case RS_STEP_MASK:
	case RS_STEP_FILE:
	case RS_STEP_INTERPRETER:
		return 1;
	case RS_STEP_NONE:
	/* The tests of packages/posix-spawn have these. */
	case RS_STEP_OPEN:
	case RS_STEP_FOREGROUND:
		return 0;
	}
	return 0;
}

/* Everything that one chain can have, all of which works as root. `terminal` is a pseudo-terminal.
 */
static struct req *full(int terminal, const char *program)
{
	struct req *r = req_new(program);

	put(&r->argv, "-c");
	put(&r->argv, "echo ran > \"$MARKER\"");
	put(&r->envp, marker);
	slot(r, 0, RS_SLOT_FD, terminal);
	slot(r, 1, RS_SLOT_PIPE_OUT, 0);
	slot(r, 2, RS_SLOT_PIPE_OUT, 0);
	slot(r, 5, RS_SLOT_PIPE_IN, 0);
	slot_file(r, 6, "/dev/null", O_RDONLY, 0);
	slot(r, 7, RS_SLOT_NULL, 0);
	slot(r, 8, RS_SLOT_SOCKET, 0);
	for (int fd = 9; fd < 11; fd++) {
		struct rs_slot *pty = slot(r, fd, RS_SLOT_PTY, 0);

		pty->rows = 24;
		pty->cols = 80;
	}
	r->head.flags = RS_F_SESSION | RS_F_NO_NEW_PRIVILEGES;
	/* There is no process group, because the kernel refuses to move the leader of a session. */
	r->head.set = RS_SET_CONTROLLING_TERMINAL | RS_SET_UID | RS_SET_GID | RS_SET_GROUPS |
		      RS_SET_UMASK | RS_SET_PRIORITY | RS_SET_IO_PRIORITY | RS_SET_SCHEDULER |
		      RS_SET_DIE_WITH_PARENT;
	r->head.namespaces = 0x04000000; /* uts */
	r->head.limits.count = 2;
	r->limits[0] = (struct rs_limit){ .resource = RLIMIT_CORE, .set = 1, .soft = 0 };
	r->limits[1] = (struct rs_limit){ .resource = RLIMIT_CPU, .set = 1, .soft = 100 };
	r->head.priority = 1;
	r->head.io_priority = 2 << 13 | 6;
	r->head.sched_policy = SCHED_BATCH;
	r->head.affinity.count = 128;
	memset(r->affinity, 0xff, sizeof(r->affinity));
	r->head.umask = 0;
	r->root = "/";
	r->cwd = "/tmp";
	r->head.groups.count = 1;
	r->groups[0] = 1;
	r->head.die_signal = SIGTERM;
	r->head.signals_default = ~0ull;
	r->head.signals_ignore = 1ull << (SIGHUP - 1);
	r->head.signal_mask = 1ull << (SIGUSR1 - 1);
	return r;
}

static int ran(void)
{
	return access(strchr(marker, '=') + 1, F_OK) == 0;
}

/* A full chain; for the step PROCESS_GROUP, one with a process group in place of the session. */
static struct req *chain_with(uint32_t step, int terminal)
{
	struct req *r = full(terminal, step == RS_STEP_INTERPRETER ? "/nonexistent" : "/bin/sh");

	if (step == RS_STEP_PROCESS_GROUP) {
		r->head.flags &= ~(uint32_t)RS_F_SESSION;
		r->head.set &= ~(uint32_t)RS_SET_CONTROLLING_TERMINAL;
		r->head.set |= RS_SET_PROCESS_GROUP;
	}
	return r;
}

static void works_without_a_fault(int terminal)
{
	struct rs_outcome out;
	struct rs_exit end;

	for (int turn = 0; turn < 2; turn++) {
		out = spawn_ok(
			chain_with(turn == 0 ? RS_STEP_SESSION : RS_STEP_PROCESS_GROUP, terminal));
		close_ends(&out);
		end = finish(&out);
		CHECK_IS(end.signal, 0);
		CHECK_IS(end.code, 0);
		CHECK(ran());
		CHECK(unlink(strchr(marker, '=') + 1) == 0);
	}
}

static int fails_at(uint32_t step, uint32_t index, int error, int terminal)
{
	int before = fd_count();

	rs_fault = (struct rs_fault){ .step = step, .index = index, .error = error };
	CHECK_FAILS(spawn(chain_with(step, terminal)), error, step, index);
	rs_fault = (struct rs_fault){ 0 };
	CHECK_IS(fd_count(), before);
	CHECK(!ran());
	return 1;
}

/* Each system call that opens slot `index`. */
static int fails_at_each_call(uint32_t index, int terminal)
{
	int before = fd_count();
	uint32_t after = 0;

	for (;; after++) {
		struct rs_outcome out;

		rs_fault = (struct rs_fault){ RS_STEP_STDIO, index, EMFILE, after };
		out = spawn(chain_with(RS_STEP_STDIO, terminal));
		rs_fault = (struct rs_fault){ 0 };
		if (out.error == 0) {
			close_ends(&out);
			CHECK_IS(finish(&out).code, 0);
			CHECK(ran());
			CHECK(unlink(strchr(marker, '=') + 1) == 0);
			break;
		}
		CHECK_FAILS(out, EMFILE, RS_STEP_STDIO, index);
		CHECK_IS(fd_count(), before);
		CHECK(!ran());
	}
	CHECK_IS(fd_count(), before);
	return (int)after;
}

/* Those of every kind of slot: terminal, pipes, file, /dev/null, socket, pseudo-terminal twice. */
static int fails_at_each_opening(int terminal)
{
	static const int calls[] = { 1, 2, 2, 2, 1, 1, 3, 8, 1 };
	int tried = 0;

	for (uint32_t i = 0; i < sizeof(calls) / sizeof(*calls); i++) {
		int now = fails_at_each_call(i, terminal);

		CHECK_IS(now, calls[i]);
		tried += now;
	}
	return tried;
}

/* Every row that the chain has for this step: each slot, limit, gap and signal. */
static int fails_at_each(uint32_t step, int terminal)
{
	static struct rs_explained rows[256];
	struct req *r = chain_with(step, terminal);
	uint32_t len;
	char *block = req_block(r, &len);
	int count = rs_explain(engine, block, len, rows, 256), tried = 0;

	CHECK(count > 0 && count <= 256);
	free(block);
	free(r);
	for (int i = 0; i < count; i++)
		if (rows[i].step == step) {
			/* EIO: an errno that none of these calls would give by itself here. */
			tried += fails_at(step, rows[i].index, EIO, terminal);
			tried += fails_at(step, rows[i].index, EPERM, terminal);
		}
	return tried;
}

int main(void)
{
	int master, terminal, before, steps = 0, faults = 0;

	if (geteuid() != 0)
		SKIP("a chain with every step needs root");
	snprintf(marker, sizeof(marker), "MARKER=/tmp/rs-faults-%d", getpid());
	master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (master < 0 || grantpt(master) != 0 || unlockpt(master) != 0)
		SKIP("no pseudo terminals here");
	terminal = open(ptsname(master), O_RDWR | O_NOCTTY | O_CLOEXEC);
	CHECK(terminal >= 0);
	engine_up();
	before = fd_count();
	works_without_a_fault(terminal);

	for (uint32_t step = 0; step < 256; step++) {
		int tried = 0;

		if (!is_a_step(step))
			continue;
		steps++;
		if (step == RS_STEP_STDIO)
			tried = fails_at_each_opening(terminal);
		else if (step == RS_STEP_REQUEST || step == RS_STEP_MEMORY ||
			 step == RS_STEP_CGROUP || step == RS_STEP_INTERPRETER)
			tried = fails_at(step, 0, ENOMEM, terminal);
		else if (step == RS_STEP_BIRTH)
			tried = fails_at(step, 0, EAGAIN, terminal);
		else
			tried = fails_at_each(step, terminal);
		if (tried == 0) {
			fprintf(stderr, "no chain here holds step %u: it is not tested\n", step);
			return 1;
		}
		faults += tried;
	}
	works_without_a_fault(terminal);
	CHECK_IS(fd_count(), before);
	CHECK(has_no_children());
	printf("%d steps, %d faults\n", steps, faults);
	rs_engine_close(engine);
	close(terminal);
	close(master);
	return 0;
}
