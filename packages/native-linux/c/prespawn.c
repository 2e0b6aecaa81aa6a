/* Prespawned children: they are set up, and wait for their program. */
#define _GNU_SOURCE
#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "pending.h"
#include "prespawn.h"
#include "privileged.h"
#include "run.h"
#include "sqe.h"
#include "step_call.h"

void prespawn_put(struct uring *uring, struct run *run, struct prespawn *prespawn,
		  const struct chain *chain)
{
	const struct step_call to_cwd = { SYS_chdir,
					  { (uint64_t)(uintptr_t)prespawn->memory->cwd } };
	struct sqe *read;

	*run = (struct run){ .chain = chain, .is_prespawn = 1, .pidfd = -1 };
	sqe_put_birth(uring, run);
	read = sqe_put(uring, run, OP_READ, SQE_LINK);
	read->fd = (int32_t)prespawn->release;
	read->addr = (uint64_t)(uintptr_t)&prespawn->read;
	read->len = sizeof(prespawn->read);
	read->off = UINT64_MAX; /* an eventfd has no position */
	sqe_put_call(uring, run, &to_cwd);
	for (uint32_t i = 0; i < prespawn->places; i++)
		sqe_put_exec(uring, run, prespawn->memory->paths[i], prespawn->memory->argv,
			     i + 1 < prespawn->places ? SQE_HARDLINK : 0);
}

/* The program does not get the eventfd: exec closes it, which takes no request of its own. */
static void close_on_exec(const struct chain *chain, uint32_t fd)
{
	for (uint32_t i = 0; i < chain->step_count; i++)
		if (chain->steps[i].kind == RS_STEP_FDS && chain->steps[i].args[1] == fd)
			chain->steps[i].args[2] = O_CLOEXEC;
}

/* Makes the first pages of what a program is written to, so that prespawn_exec waits for none. */
static void touch(const struct prespawn *prespawn)
{
	struct prespawn_memory *memory = prespawn->memory;
	volatile char *const lists[] = { memory->cwd, (char *)memory->argv, (char *)memory->envp };

	for (size_t i = 0; i < sizeof(lists) / sizeof(*lists); i++)
		*lists[i] = 0;
	for (uint32_t i = 0; i < prespawn->places; i++)
		*(volatile char *)memory->paths[i] = 0;
}

int prespawn_init(struct pending *pending, uint32_t release)
{
	struct prespawn *prespawn = calloc(1, sizeof(*prespawn));

	if (prespawn == NULL)
		return -ENOMEM;
	prespawn->memory = mmap(NULL, sizeof(*prespawn->memory), PROT_READ | PROT_WRITE,
				MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (prespawn->memory == MAP_FAILED) {
		free(prespawn);
		return -ENOMEM;
	}
	prespawn->release = release;
	prespawn->places = pending->chain.candidate_count;
	if (prespawn->places > PRESPAWN_CANDIDATES)
		prespawn->places = PRESPAWN_CANDIDATES;
	touch(prespawn);
	close_on_exec(&pending->chain, release);
	pending->prespawn = prespawn;
	pending->chain.candidate_count = 0;
	pending->chain.envp = prespawn->memory->envp;
	return 0;
}

void prespawn_free(struct prespawn *prespawn)
{
	munmap(prespawn->memory, sizeof(*prespawn->memory));
	request_free(&prespawn->program);
	free(prespawn);
}

static uint32_t length_of(char *const *list)
{
	uint32_t length = 0;

	while (list[length] != NULL)
		length++;
	return length;
}

static int fits(const struct prespawn *prespawn, const struct request *program, uint32_t variables)
{
	const struct rs_request *h = &program->head;

	if (h->candidates.count > prespawn->places || h->argv.count >= PRESPAWN_ARGS ||
	    variables >= PRESPAWN_VARIABLES)
		return 0;
	for (uint32_t i = 0; i < h->candidates.count; i++)
		if (strlen(program->candidates[i].path) >= PRESPAWN_PATH)
			return 0;
	return program->cwd != NULL && strlen(program->cwd) < PRESPAWN_PATH;
}

static int is_refused(const struct pending *pending, const struct request *program)
{
	struct chain chain = pending->chain;
	struct rs_outcome why;

	chain.candidates = program->candidates;
	chain.candidate_count = program->head.candidates.count;
	chain.late_cwd = program->cwd;
	return refuse_privileged(&pending->request.head, &chain, &why) != 0;
}

int prespawn_exec(struct uring *uring, uint32_t ticket, const struct request *program,
		  char **environ, int release_fd)
{
	const struct rs_request *h = &program->head;
	const char *const *envp = environ != NULL ? (const char *const *)environ : program->envp;
	uint32_t variables = environ != NULL ? length_of(environ) : h->envp.count;
	const uint64_t one = 1;
	struct pending *pending = uring->first;
	struct prespawn_memory *memory;

	while (pending != NULL && pending->ticket != ticket)
		pending = pending->next;
	if (pending == NULL || pending->prespawn == NULL || pending->prespawn->has_program ||
	    pending->run.error != 0)
		return -ESRCH;
	/* A program that is refused is started in the ordinary way, which says why. */
	if (!fits(pending->prespawn, program, variables) || is_refused(pending, program))
		return -E2BIG;
	if (envp == NULL)
		return -EINVAL;
	memory = pending->prespawn->memory;
	assert(h->candidates.count <= PRESPAWN_CANDIDATES);
	strcpy(memory->cwd, program->cwd);
	for (uint32_t i = 0; i < h->candidates.count; i++)
		strcpy(memory->paths[i], program->candidates[i].path);
	memcpy(memory->argv, program->argv, (h->argv.count + 1) * sizeof(char *));
	memcpy(memory->envp, envp, (variables + 1) * sizeof(char *));
	/* The write releases the child. The kernel reads what was written above only after that. */
	if (write(release_fd, &one, sizeof(one)) != sizeof(one))
		return -errno;
	pending->environ = environ;
	pending->prespawn->program = *program;
	pending->prespawn->has_program = 1;
	pending->chain.candidates = pending->prespawn->program.candidates;
	pending->chain.candidate_count = h->candidates.count;
	pending->chain.late_cwd = memory->cwd;
	return 0;
}
