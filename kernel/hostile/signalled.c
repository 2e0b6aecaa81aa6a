// SPDX-License-Identifier: GPL-2.0
/*
 * Signals in storms, to the submitter and to its children: with handlers and without, stops and
 * continuations, in the midst of births, requests and execs; with hardly any process allowed.
 */
#include "chain.h"

static void prepare(void)
{
}

static void handle(int sig)
{
	(void)sig;
}

static void submitter(unsigned flags)
{
	struct stock s;
	struct ring r;

	for (int sig = 1; sig < 32; sig++)
		if (sig != SIGALRM && one_in(2))
			signal(sig, one_in(3) ? SIG_IGN : handle);
	if (one_in(4))
		setrlimit(RLIMIT_NPROC, &(struct rlimit){ any(12), 12 });
	stock_open(&s);
	ring_open(&r, 64, flags);
	for (int i = 0; i < 40; i++) {
		struct completion c;

		put_some_chain(&r, &s, 6);
		submit(&r);
		for (int j = 0; j < 8; j++)
			next_cqe(&r, &c, 1);
		if (one_in(2))
			while (waitpid(-1, NULL, WNOHANG | __WALL) > 0)
				;
	}
	_exit(0);
}

static void attack(unsigned flags)
{
	static const int signals[] = { SIGSTOP, SIGCONT, SIGTSTP, SIGINT,  SIGCHLD,  SIGUSR1,
				       SIGALRM, SIGURG,  SIGTTIN, SIGCONT, SIGWINCH, SIGKILL };
	pid_t pid = fork();

	if (!pid) {
		setpgid(0, 0);
		submitter(flags);
	}
	setpgid(pid, pid);
	for (int i = 0; i < 300 && waitpid(pid, NULL, WNOHANG) == 0; i++) {
		int sig = signals[any(one_in(50) ? 12 : 11)];

		kill(one_in(3) ? pid : -pid, sig);
		if (sig == SIGSTOP || sig == SIGTSTP || sig == SIGTTIN) {
			a_while();
			kill(-pid, SIGCONT);
		}
		usleep(any(3000));
	}
}
