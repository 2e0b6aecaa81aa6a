/* What an engine keeps: /dev/null, a stack, and what it has found out about the process. */
#define _GNU_SOURCE
#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "fd.h"
#include "engine.h"
#include "kernel.h"
#include "pipe.h"
#include "ringspawn.h"
#include "uring.h"

/* A child needs a few hundred bytes; the size is that of the largest page, on arm64 kernels. */
#define STACK_SIZE (64u * 1024u)

void *stack_map(size_t *size)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	size_t whole = (STACK_SIZE + page - 1) / page * page + page;
	char *stack = mmap(NULL, whole, PROT_READ | PROT_WRITE,
			   MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK, -1, 0);

	if (stack == MAP_FAILED)
		return NULL;
	if (mprotect(stack, page, PROT_NONE) != 0) {
		int error = errno;

		munmap(stack, whole);
		errno = error;
		return NULL;
	}
	/* Both machines want the top of a stack to be a multiple of 16. */
	assert(whole % 16 == 0 && (uintptr_t)stack % 16 == 0);
	*size = whole;
	return stack;
}

/*
 * The ignored signals are read once, because the 64 calls take about 16 us. A signal that the
 * program begins to ignore later is also ignored in its children, as it is after fork and exec.
 */
static uint64_t read_ignored(void)
{
	/* Every runtime ignores SIGPIPE, some of them only after their first write. */
	uint64_t ignored = 1ull << (SIGPIPE - 1);

	for (int sig = 1; sig <= KERNEL_NSIG; sig++) {
		struct kernel_sigaction now;

		if (sys4(SYS_rt_sigaction, sig, 0, (long)&now, KERNEL_SIGSET_SIZE) == 0 &&
		    now.handler == SIG_IGN)
			ignored |= 1ull << (sig - 1);
	}
	return ignored;
}

/*
 * To copy a table of 10,000 fds takes longer than the whole rest of a spawn. close_range can
 * unshare a table and cut it in one call. Before Linux 6.11 that left stray bits in the copy, so
 * that the program's next open did not get the lowest free number. Some older kernels have the
 * repair, too; they lose only speed here.
 */
static int tables_can_be_cut(void)
{
	struct utsname name;
	int major = 0, minor = 0;

	return uname(&name) == 0 && sscanf(name.release, "%d.%d", &major, &minor) == 2 &&
	       (major > 6 || (major == 6 && minor >= 11));
}

uint32_t rs_abi(void)
{
	return RS_ABI;
}

int engine_null_fd(struct rs_engine *engine)
{
	if (engine->null_fd < 0)
		engine->null_fd = fd_keep(fd_above_stdio(open("/dev/null", O_RDWR | O_CLOEXEC)));
	return engine->null_fd >= 0 ? engine->null_fd : -errno;
}

int rs_engine_open(struct rs_engine **out)
{
	struct rs_engine *engine;
	int error;

	if (out == NULL)
		return -EFAULT;
	*out = NULL;
	engine = calloc(1, sizeof(*engine));
	if (engine == NULL)
		return -ENOMEM;
	engine->stack = stack_map(&engine->stack_size);
	if (engine->stack == NULL) {
		error = errno;
		free(engine);
		return -error;
	}
	engine->null_fd = -1;
	engine_null_fd(engine);
	low_fds_open(&engine->low, engine->null_fd);
	engine->ignored = read_ignored();
	engine->small_tables = tables_can_be_cut();
	*out = engine;
	return 0;
}

void rs_engine_close(struct rs_engine *engine)
{
	if (engine == NULL)
		return;
	uring_close(engine->uring);
	uring_close(engine->prespawns);
	environ_free(&engine->environ);
	low_fds_close(&engine->low);
	if (engine->null_fd >= 0)
		fd_close_kept(engine->null_fd);
	munmap(engine->stack, engine->stack_size);
	free(engine);
}
