/* A call of posix_spawn or posix_spawnp, and the chain that it becomes. */
#ifndef RS_POSIX_CALL_H
#define RS_POSIX_CALL_H

#include <spawn.h>
#include <stdint.h>

#include "arena.h"
#include "posix_hooks.h"

/* The most steps that the attributes can take: the signals, and one each for scheduler, session,
 * process group, uid and gid. */
#define ATTRIBUTE_STEPS (KERNEL_NSIG + 5)

/* A call, as the program made it. */
struct call {
	const char *file;
	int search; /* posix_spawnp */
	const posix_spawn_file_actions_t *actions;
	const posix_spawnattr_t *attr;
	char *const *argv;
	char *const *envp;
	uint64_t mask; /* the thread's, before all signals were blocked */
};

/*
 * The three parts of a chain, each in a file of its own. They answer 0 where no chain can express
 * what the program asked for; the call is then libc's.
 */
int attributes_add(struct chain *chain, const posix_spawnattr_t *attr, short flags);
int file_actions_add(struct chain *chain, const posix_spawn_file_actions_t *actions);
/* `chain->candidates` has room for one, and for one more for each colon of `path`. */
int candidates_add(struct chain *chain, struct arena *arena, const struct call *call,
		   const char *path);

/* Finds out how libc keeps file actions. 0: it keeps them in a way that is not known here. */
int file_actions_learn(void);

/* Whether PATH is searched for the call's file, and the value that is searched. */
int is_searched(const struct call *call);
const char *path_to_search(void);
/* Why no candidate could be executed, as libc's execvp has it. */
int exec_error(const struct chain *chain, const struct rs_outcome *out);

/* The next step, whose index is its place. */
static inline struct step *add_step(struct chain *chain, enum rs_step kind, int64_t a, int64_t b,
				    int64_t c)
{
	return chain_add(chain, kind, chain->step_count, a, b, c);
}

#endif
