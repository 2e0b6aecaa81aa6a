/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A hostile program does what it can to the kernel, and expects nothing of it but that it stays
 * well: no complaint in its log (kernel/campaign looks), and nobody who outlives SIGKILL. It is one
 * file that defines attack(), which is called again and again, each time in a process of its own
 * with a seed of its own, for as many seconds as the first argument says.
 *
 * It is an ordinary user, unless it defines AS_ROOT. prepare() is root in any case.
 */
#ifndef HOSTILE_H
#define HOSTILE_H

#define HOSTILE
#include "../tests/lib.h"
#include <dirent.h>
#include <grp.h>
#include <pthread.h>
#include <sys/ptrace.h>

#define USER 4321
/* Seconds that a round may take before it is killed */
#ifndef ROUND
#define ROUND 10
#endif

static void prepare(void);
static void attack(unsigned ring_flags);

static inline unsigned any(unsigned n)
{
	return n ? (unsigned)random() % n : 0;
}

static inline int one_in(unsigned n)
{
	return !any(n);
}

/* For as long as is left to chance, short more often than long. */
static inline void a_while(void)
{
	usleep(any(1u << any(17)));
}

static inline unsigned some_ring(void)
{
	return modes[any(sizeof(modes) / sizeof(*modes))].flags;
}

/* Kills whatever is there beneath us, and what comes to us of it. Returns 0 if something stays. */
static int kill_all(void)
{
	time_t end = time(NULL) + 60;
	int status;

	for (;;) {
		pid_t pid = waitpid(-1, &status, WNOHANG | __WALL);
		char path[64], text[4096] = "", *p = text, *next;
		int fd;

		if (pid == -1 && errno == ECHILD)
			return 1;
		if (pid > 0)
			continue;
		snprintf(path, sizeof(path), "/proc/self/task/%d/children", getpid());
		fd = open(path, O_RDONLY | O_CLOEXEC);
		read(fd, text, sizeof(text) - 1);
		close(fd);
		for (; (pid = strtol(p, &next, 10)) > 0; p = next)
			kill(pid, SIGKILL);
		if (time(NULL) > end) {
			fprintf(stderr, "not to be killed: %s\n", text);
			return 0;
		}
		usleep(2000);
	}
}

static void become_user(void)
{
	CHECK(!setgroups(0, NULL));
	CHECK(!setresgid(USER, USER, USER));
	CHECK(!setresuid(USER, USER, USER));
	/* what another of our processes may look at */
	prctl(PR_SET_DUMPABLE, 1, 0, 0, 0);
}

/* All that have been made since the machine was started, by whomever */
static unsigned long processes(void)
{
	char text[1 << 14] = "", *at;
	int fd = open("/proc/stat", O_RDONLY | O_CLOEXEC);

	read(fd, text, sizeof(text) - 1);
	close(fd);
	at = strstr(text, "\nprocesses ");
	return at ? strtoul(at + strlen("\nprocesses "), NULL, 10) : 0;
}

int main(int argc, char **argv)
{
	time_t end = time(NULL) + (argc > 1 ? atoi(argv[1]) : 600);
	unsigned seed = argc > 2 ? atoi(argv[2]) : 1, late = 0, unmade = 0, rounds = 0;
	unsigned long before = processes();
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	if (abi() != 1)
		SKIP("this kernel has no io_uring_spawn, ABI 1");
	tiny_true();
	CHECK(!prctl(PR_SET_CHILD_SUBREAPER, 1));
	prepare();
	for (; time(NULL) < end; rounds++) {
		time_t begin = time(NULL);
		pid_t pid = fork();
		int status = 0;

		if (!pid) {
			setpgid(0, 0);
			srandom(seed + rounds);
			/* for the programs that are executed */
			for (int fd = 0; fd < 3; fd++)
				dup2(null, fd);
#ifndef AS_ROOT
			become_user();
#endif
			attack(some_ring());
			_exit(0);
		}
		while (waitpid(pid, &status, WNOHANG) == 0 && time(NULL) < begin + ROUND)
			usleep(1000);
		late += time(NULL) >= begin + ROUND;
		unmade += WIFEXITED(status) && WEXITSTATUS(status) == 1;
		if (!kill_all())
			return 1;
	}
	printf("%u rounds (%u cut off after %d s, %u that could not begin), %lu processes made\n",
	       rounds, late, ROUND, unmade, processes() - before);
	return rounds == unmade;
}

#endif
