/* Children that are set up and wait for their program. */
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
#include "run.h"
#include "sqe.h"
#include "step_call.h"

void prespawn_put(struct uring *uring, struct run *run, struct parked *parked,
		  const struct chain *chain)
{
	const struct step_call to_cwd = { SYS_chdir, { (uint64_t)(uintptr_t)parked->room->cwd } };
	struct sqe *read;

	*run = (struct run){ .chain = chain, .parked = 1, .pidfd = -1 };
	sqe_put_birth(uring, run);
	read = sqe_put(uring, run, OP_READ, SQE_LINK);
	read->fd = (int32_t)parked->gate;
	read->addr = (uint64_t)(uintptr_t)&parked->read;
	read->len = sizeof(parked->read);
	read->off = UINT64_MAX; /* it has no position */
	sqe_put_call(uring, run, &to_cwd);
	for (uint32_t i = 0; i < parked->places; i++)
		sqe_put_exec(uring, run, parked->room->paths[i], parked->room->argv,
			     i + 1 < parked->places ? SQE_HARDLINK : 0);
}

/* The program does not get the gate: its exec closes it, which takes no request of its own. */
static void close_on_exec(const struct chain *chain, uint32_t fd)
{
	for (uint32_t i = 0; i < chain->step_count; i++)
		if (chain->steps[i].kind == RS_STEP_FDS && chain->steps[i].args[1] == fd)
			chain->steps[i].args[2] = O_CLOEXEC;
}

/* What every program will be written to is there before, so that none waits for a page. */
static void touch(const struct parked *parked)
{
	struct parked_room *room = parked->room;
	volatile char *const lists[] = { room->cwd, (char *)room->argv, (char *)room->envp };

	for (size_t i = 0; i < sizeof(lists) / sizeof(*lists); i++)
		*lists[i] = 0;
	for (uint32_t i = 0; i < parked->places; i++)
		*(volatile char *)room->paths[i] = 0;
}

int flight_park(struct flight *flight, uint32_t gate)
{
	struct parked *parked = calloc(1, sizeof(*parked));

	if (parked == NULL)
		return -ENOMEM;
	parked->room = mmap(NULL, sizeof(*parked->room), PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (parked->room == MAP_FAILED) {
		free(parked);
		return -ENOMEM;
	}
	parked->gate = gate;
	parked->places = flight->chain.candidate_count;
	if (parked->places > PARKED_CANDIDATES)
		parked->places = PARKED_CANDIDATES;
	touch(parked);
	close_on_exec(&flight->chain, gate);
	flight->parked = parked;
	flight->chain.candidate_count = 0;
	flight->chain.envp = parked->room->envp;
	return 0;
}

void parked_free(struct parked *parked)
{
	munmap(parked->room, sizeof(*parked->room));
	request_free(&parked->program);
	free(parked);
}

static uint32_t length_of(char *const *list)
{
	uint32_t length = 0;

	while (list[length] != NULL)
		length++;
	return length;
}

static int fits(const struct parked *parked, const struct request *program, uint32_t variables)
{
	const struct rs_request *h = &program->head;

	if (h->candidates.count > parked->places || h->argv.count >= PARKED_ARGS ||
	    variables >= PARKED_VARIABLES)
		return 0;
	for (uint32_t i = 0; i < h->candidates.count; i++)
		if (strlen(program->candidates[i].path) >= PARKED_PATH)
			return 0;
	return program->cwd != NULL && strlen(program->cwd) < PARKED_PATH;
}

int uring_fill(struct uring *uring, uint32_t ticket, const struct request *program, char **environ,
	       int gate_fd)
{
	const struct rs_request *h = &program->head;
	const char *const *envp = environ != NULL ? (const char *const *)environ : program->envp;
	uint32_t variables = environ != NULL ? length_of(environ) : h->envp.count;
	const uint64_t one = 1;
	struct flight *flight = uring->first;
	struct parked_room *room;

	while (flight != NULL && flight->ticket != ticket)
		flight = flight->next;
	if (flight == NULL || flight->parked == NULL || flight->parked->has_program ||
	    flight->run.error != 0)
		return -ESRCH;
	if (!fits(flight->parked, program, variables))
		return -E2BIG;
	if (envp == NULL)
		return -EINVAL;
	room = flight->parked->room;
	assert(h->candidates.count <= PARKED_CANDIDATES);
	strcpy(room->cwd, program->cwd);
	for (uint32_t i = 0; i < h->candidates.count; i++)
		strcpy(room->paths[i], program->candidates[i].path);
	memcpy(room->argv, program->argv, (h->argv.count + 1) * sizeof(char *));
	memcpy(room->envp, envp, (variables + 1) * sizeof(char *));
	/* The kernel reads all this when the child gets there, which this write lets it do. */
	if (write(gate_fd, &one, sizeof(one)) != sizeof(one))
		return -errno;
	flight->environ = environ;
	flight->parked->program = *program;
	flight->parked->has_program = 1;
	flight->chain.candidates = flight->parked->program.candidates;
	flight->chain.candidate_count = h->candidates.count;
	flight->chain.late_cwd = room->cwd;
	return 0;
}
