/*
 * posix_spawn, case by case. Says for each what came of it and what the child found, in words that
 * two runs share: run.mjs compares libc's own with ours. Under the preload each case also says who
 * must have served it, which is looked up in the trace; a wrong one is printed and so differs.
 *
 *   cases          in an empty directory
 *   cases report   what a child runs: writes what it finds into the file REPORT
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define MUST(x)                                                            \
	do {                                                               \
		if (!(x)) {                                                \
			printf("%s:%d: %s: %m\n", __FILE__, __LINE__, #x); \
			fflush(stdout);                                    \
			_exit(2);                                          \
		}                                                          \
	} while (0)

static char self[PATH_MAX], home[PATH_MAX], report_at[PATH_MAX + 16];

/* What a child finds. */

static const char *relation(pid_t id, pid_t parents)
{
	return id == getpid() ? "own" : id == parents ? "parent's" : "another";
}

static int report(int argc, char **argv)
{
	char lines[16384], line[512], link[PATH_MAX], name[64];
	size_t used = 0;
	int policy = sched_getscheduler(0);
	struct sched_param param;
	extern char **environ;
	mode_t mask = umask(0);
	uid_t u[3];
	gid_t g[3];
	FILE *file;

#define SAY(...) used += (size_t)snprintf(lines + used, sizeof(lines) - used, __VA_ARGS__)
	/* Before anything is opened here. */
	for (int fd = 0; fd < 1100; fd++) {
		int flags = fcntl(fd, F_GETFD);
		ssize_t length;

		if (flags < 0)
			continue;
		snprintf(name, sizeof(name), "/proc/self/fd/%d", fd);
		length = readlink(name, link, sizeof(link) - 1);
		link[length < 0 ? 0 : length] = 0;
		if (strncmp(link, "/dev/pts/", 9) == 0 || strchr(link, ':') != NULL)
			link[strcspn(link, "0123456789")] = 0;
		SAY("  fd %d %s flags %x %x\n", fd, link, flags, fcntl(fd, F_GETFL));
	}
	SAY("  cwd %s\n", getcwd(link, sizeof(link)) ? link : strerror(errno));
	for (int i = 0; i < argc; i++)
		SAY("  arg %.20s (%zu)\n", argv[i], strlen(argv[i]));
	for (char **e = environ; e != NULL && *e != NULL; e++)
		if (strncmp(*e, "SEEN", 4) == 0)
			SAY("  env %s\n", *e);
	SAY("  pgid %s sid %s\n", relation(getpgrp(), getpgid(getppid())),
	    relation(getsid(0), getsid(getppid())));
	getresuid(&u[0], &u[1], &u[2]);
	getresgid(&g[0], &g[1], &g[2]);
	SAY("  ids %u %u %u, %u %u %u\n", u[0], u[1], u[2], g[0], g[1], g[2]);
	sched_getparam(0, &param);
	SAY("  policy %d priority %d nice %d umask %o\n", policy, param.sched_priority,
	    getpriority(PRIO_PROCESS, 0), mask);
	if (fcntl(0, F_GETFD) >= 0 && isatty(0))
		SAY("  foreground %s\n", relation(tcgetpgrp(0), getpgid(getppid())));
	file = fopen("/proc/self/status", "r");
	while (file != NULL && fgets(line, sizeof(line), file))
		if (strncmp(line, "Sig", 3) == 0 && strncmp(line, "SigQ", 4) != 0) {
			unsigned long long set = strtoull(strchr(line, '\t'), NULL, 16);

			/* libc uses signals 32 and 33 for itself and leaves them ignored in its
			 * children. We do not. */
			SAY("  %.6s %llx\n", line, set & ~(3ull << 31));
		}
	file = fopen(getenv("REPORT"), "w");
	if (file == NULL || fwrite(lines, 1, used, file) != used || fclose(file) != 0)
		return 9;
	return 7;
}

/* One spawn. */

struct spawning {
	posix_spawnattr_t attr;
	posix_spawn_file_actions_t actions;
	const char *path;
	char **argv;
	char **envp;
	int no_attr, no_actions;
	int search;
	const char *by; /* who serves it when not the engine that was asked for */
};

static char *report_argv[] = { "arg zero", "report", "x y", "", NULL };
static char *report_envp[8];

static void show_file(const char *path)
{
	char line[1024];
	FILE *file = fopen(path, "r");

	while (file != NULL && fgets(line, sizeof(line), file))
		fputs(line, stdout);
	if (file != NULL)
		fclose(file);
	unlink(path);
}

static int count_fds(void)
{
	int count = 0;

	for (int fd = 0; fd < 1100; fd++)
		count += fcntl(fd, F_GETFD) >= 0;
	return count;
}

static void check_server(const struct spawning *s)
{
	const char *trace = getenv("RINGSPAWN_POSIX_TRACE"), *wanted = getenv("WANTED");
	char line[8192] = "", last[8192] = "";
	FILE *file;

	if (trace == NULL)
		return;
	if (strcmp(wanted, "any") == 0)
		wanted = "";
	else if (s->by != NULL && !(strcmp(s->by, "vfork") == 0 && strcmp(wanted, "libc") == 0))
		wanted = s->by;
	file = fopen(trace, "r");
	while (file != NULL && fgets(line, sizeof(line), file))
		strcpy(last, line);
	if (file != NULL)
		fclose(file);
	unlink(trace);
	if (wanted[0] != 0 &&
	    (strncmp(last, wanted, strlen(wanted)) != 0 || last[strlen(wanted)] != ' '))
		printf("  SERVED BY %s\n  WANTED %s\n", last, wanted);
}

static int is_ours(const struct spawning *s)
{
	const char *engine = getenv("WANTED");

	return engine != NULL && strcmp(engine, "libc") != 0 && strcmp(engine, "any") != 0 &&
	       (s->by == NULL || strcmp(s->by, "libc") != 0);
}

static void go(struct spawning *s)
{
	int fds = count_fds(), status = 0, error;
	pid_t pid = -77, left;
	sigset_t before, after;

	sigprocmask(SIG_BLOCK, NULL, &before);
	errno = 4321;
	error = (s->search ? posix_spawnp
			   : posix_spawn)(&pid, s->path, s->no_actions ? NULL : &s->actions,
					  s->no_attr ? NULL : &s->attr, s->argv, s->envp);
	/* libc's own child writes into its parent's. */
	if (errno != 4321 && is_ours(s))
		printf("  errno %d\n", errno);
	printf("  error %s, pid %s\n", error ? strerrorname_np(error) : "none",
	       pid == -77 ? "untouched"
	       : pid > 0  ? "set"
			  : "?");
	if (error == 0) {
		MUST(waitpid(pid, &status, 0) == pid);
		printf("  status %x\n", status);
	}
	left = waitpid(-1, NULL, WNOHANG | __WALL);
	printf("  children left %s\n", left < 0 ? "none" : "some");
	sigprocmask(SIG_BLOCK, NULL, &after);
	MUST(memcmp(&before, &after, 8) == 0);
	if (count_fds() != fds)
		printf("  fds %d, before %d\n", count_fds(), fds);
	show_file(report_at);
	check_server(s);
}

static void start(struct spawning *s)
{
	*s = (struct spawning){ .path = self, .argv = report_argv, .envp = report_envp };
	MUST(posix_spawnattr_init(&s->attr) == 0 &&
	     posix_spawn_file_actions_init(&s->actions) == 0);
}

#define FLAGS(f) MUST(posix_spawnattr_setflags(&s->attr, (f)) == 0)
#define ADD(what, ...) add(s, posix_spawn_file_actions_add##what(&s->actions, __VA_ARGS__))
static void add(struct spawning *s, int error)
{
	if (error != 0)
		printf("  adding: %s\n", strerrorname_np(error));
	(void)s;
}

static void make(const char *path, const char *text, mode_t mode)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	MUST(fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text) &&
	     fchmod(fd, mode) == 0 && close(fd) == 0);
}

static void nothing(int sig)
{
	(void)sig;
}

static volatile sig_atomic_t sigchlds;
static void count_sigchld(int sig)
{
	(void)sig;
	sigchlds++;
}

/* The cases. Each runs in a process of its own, so that nothing of one reaches another. */

#define CASE(name) static void case_##name(__attribute__((unused)) struct spawning *s)
CASE(plain)
{
	s->no_attr = s->no_actions = 1;
}
CASE(empty_lists)
{
}
CASE(no_environment)
{
	s->envp = NULL;
	s->path = "/bin/true";
}
CASE(environment)
{
	report_envp[1] = "SEEN=1";
	report_envp[2] = "SEEN2=a=b";
}
CASE(usevfork)
{
	FLAGS(POSIX_SPAWN_USEVFORK);
}
CASE(inherited)
{
	MUST(dup2(1, 9) == 9 && dup3(1, 10, O_CLOEXEC) == 10);
	s->no_actions = 1;
}
CASE(umask_nice)
{
	umask(027);
	MUST(setpriority(PRIO_PROCESS, 0, 5) == 0);
	s->no_attr = 1;
}

CASE(dup2)
{
	MUST(open("/dev/null", O_RDWR) >= 0);
	ADD(dup2, 1, 7);
	ADD(dup2, 0, 1);
}
CASE(dup2_same)
{
	MUST(dup3(1, 8, O_CLOEXEC) == 8);
	ADD(dup2, 8, 8);
}
CASE(dup2_same_closed)
{
	ADD(dup2, 88, 88);
}
CASE(dup2_closed)
{
	ADD(dup2, 88, 3);
}
CASE(dup2_high)
{
	struct rlimit l = { 64, 64 };
	ADD(dup2, 0, 500);
	MUST(setrlimit(RLIMIT_NOFILE, &l) == 0);
}
CASE(dup2_negative)
{
	ADD(dup2, -1, 3);
	ADD(dup2, 0, -1);
	ADD(close, -5);
	ADD(open, -1, "x", 0, 0);
	ADD(dup2, 0, 1 << 30);
}
CASE(dup2_swap)
{
	MUST(open("/dev/zero", O_RDWR) == 3);
	ADD(dup2, 0, 10);
	ADD(dup2, 3, 0);
	ADD(dup2, 10, 3);
	ADD(close, 10);
}
CASE(dup2_many)
{
	for (int i = 0; i < 1500; i++)
		ADD(dup2, 0, 20 + i % 30);
	s->by = "vfork";
}
CASE(order)
{
	ADD(close, 0);
	ADD(dup2, 0, 5);
}
CASE(close_open)
{
	MUST(dup2(0, 30) == 30);
	ADD(close, 30);
	ADD(close, 2);
}
CASE(close_closed)
{
	ADD(close, 77);
	ADD(close, 77);
}
CASE(close_beyond)
{
	struct rlimit l = { 64, 64 };
	ADD(close, 500);
	MUST(setrlimit(RLIMIT_NOFILE, &l) == 0);
	s->by = "libc";
}
CASE(close_beyond_open)
{
	struct rlimit l = { 64, 64 };
	MUST(dup2(0, 500) == 500);
	ADD(close, 500);
	MUST(setrlimit(RLIMIT_NOFILE, &l) == 0);
	s->by = "libc";
}

CASE(open_high)
{
	ADD(open, 12, "/dev/null", O_WRONLY, 0);
	s->by = "vfork";
}
CASE(open_over)
{
	ADD(open, 1, "/dev/null", O_RDWR, 0);
	s->by = "vfork";
}
CASE(open_cloexec_same)
{
	ADD(open, 0, "/dev/null", O_RDWR | O_CLOEXEC, 0);
	s->by = "vfork";
}
CASE(open_cloexec_moved)
{
	ADD(open, 33, "/dev/null", O_RDWR | O_CLOEXEC, 0);
	s->by = "vfork";
}
CASE(open_missing)
{
	ADD(open, 4, "/nonexistent/x", O_RDONLY, 0);
	s->by = "vfork";
}
CASE(open_directory)
{
	ADD(open, 4, "/", O_WRONLY, 0);
	s->by = "vfork";
}
CASE(open_mode)
{
	umask(002);
	ADD(open, 4, "made", O_WRONLY | O_CREAT | O_EXCL, 0666);
	s->by = "vfork";
}
CASE(open_exists)
{
	make("there", "", 0600);
	ADD(open, 4, "there", O_WRONLY | O_CREAT | O_EXCL, 0666);
	s->by = "vfork";
}
CASE(open_own_string)
{
	char name[] = "/dev/zero";
	ADD(open, 3, name, O_RDONLY, 0);
	memset(name, 'x', 9);
	s->by = "vfork";
}
CASE(open_then_dup2)
{
	ADD(open, 3, "/dev/zero", O_RDONLY, 0);
	ADD(dup2, 3, 0);
	ADD(close, 3);
	s->by = "vfork";
}
CASE(open_full_table)
{
	struct rlimit l = { 24, 24 };
	ADD(open, 5, "/dev/zero", O_RDONLY, 0);
	s->by = "vfork";
	go(s);
	unsetenv("RINGSPAWN_POSIX_TRACE");
	MUST(setrlimit(RLIMIT_NOFILE, &l) == 0);
	while (dup(0) >= 0)
		;
}
CASE(open_high_full_table)
{
	struct rlimit l = { 24, 24 };
	ADD(open, 30, "/dev/zero", O_RDONLY, 0);
	s->by = "vfork";
	go(s);
	unsetenv("RINGSPAWN_POSIX_TRACE");
	while (dup(0) < 23)
		;
	MUST(setrlimit(RLIMIT_NOFILE, &l) == 0);
}

CASE(chdir)
{
	ADD(chdir_np, "/usr");
}
CASE(chdir_missing)
{
	ADD(chdir_np, "/nonexistent");
}
CASE(chdir_file)
{
	ADD(chdir_np, "/etc/passwd");
}
CASE(chdir_open)
{
	ADD(chdir_np, "/etc");
	ADD(open, 3, "passwd", O_RDONLY, 0);
	s->by = "vfork";
}
CASE(open_chdir)
{
	ADD(open, 3, "passwd", O_RDONLY, 0);
	ADD(chdir_np, "/etc");
	s->by = "vfork";
}
CASE(chdir_exec)
{
	ADD(chdir_np, "/bin");
	s->path = "./true";
}
CASE(chdir_search)
{
	ADD(chdir_np, "/bin");
	MUST(setenv("PATH", "nothere::", 1) == 0);
	s->path = "true";
	s->search = 1;
}
CASE(fchdir)
{
	int fd = open("/usr", O_RDONLY | O_CLOEXEC);
	ADD(fchdir_np, fd);
	ADD(chdir_np, "lib");
}
CASE(fchdir_closed)
{
	ADD(fchdir_np, 66);
}
CASE(fchdir_file)
{
	int fd = open("/etc/passwd", O_RDONLY);
	ADD(fchdir_np, fd);
}
CASE(closefrom)
{
	MUST(dup2(0, 5) == 5 && dup2(0, 300) == 300);
	ADD(closefrom_np, 3);
}
CASE(closefrom_all)
{
	ADD(closefrom_np, 0);
}
CASE(closefrom_then_open)
{
	ADD(closefrom_np, 1);
	ADD(open, 1, "/dev/null", O_WRONLY, 0);
	s->by = "vfork";
}

CASE(pgroup_own)
{
	FLAGS(POSIX_SPAWN_SETPGROUP);
}
CASE(pgroup_parents)
{
	FLAGS(POSIX_SPAWN_SETPGROUP);
	posix_spawnattr_setpgroup(&s->attr, getpgrp());
}
CASE(pgroup_missing)
{
	FLAGS(POSIX_SPAWN_SETPGROUP);
	posix_spawnattr_setpgroup(&s->attr, 1 << 21);
}
CASE(pgroup_negative)
{
	FLAGS(POSIX_SPAWN_SETPGROUP);
	posix_spawnattr_setpgroup(&s->attr, -4);
}
CASE(session)
{
	FLAGS(POSIX_SPAWN_SETSID);
}
CASE(session_and_pgroup)
{
	FLAGS(POSIX_SPAWN_SETSID | POSIX_SPAWN_SETPGROUP);
}
CASE(unknown_flag)
{
	printf("  flags %s\n", strerrorname_np(posix_spawnattr_setflags(&s->attr, 0x400)));
}

static void terminal(struct spawning *s, int session)
{
	int master = posix_openpt(O_RDWR | O_NOCTTY), fd;

	MUST(master >= 0 && grantpt(master) == 0 && unlockpt(master) == 0 &&
	     fcntl(master, F_SETFD, FD_CLOEXEC) == 0);
	MUST((fd = open(ptsname(master), O_RDWR | O_NOCTTY)) >= 0);
	if (session)
		MUST(setsid() > 0 && ioctl(fd, TIOCSCTTY, 0) == 0);
	MUST(dup2(fd, 0) == 0 && close(fd) == 0);
	ADD(tcsetpgrp_np, 0);
	s->by = "vfork";
}
CASE(foreground)
{
	terminal(s, 1);
	FLAGS(POSIX_SPAWN_SETPGROUP);
}
CASE(foreground_given)
{
	terminal(s, 1);
	FLAGS(POSIX_SPAWN_SETPGROUP);
	posix_spawnattr_setpgroup(&s->attr, getpgrp());
}
CASE(foreground_inherited)
{
	terminal(s, 1);
}
CASE(foreground_not_ours)
{
	terminal(s, 0);
	FLAGS(POSIX_SPAWN_SETPGROUP);
}
CASE(foreground_no_terminal)
{
	ADD(tcsetpgrp_np, 0);
	s->by = "vfork";
}

CASE(mask_inherited)
{
	sigset_t set;
	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	sigaddset(&set, SIGRTMIN + 3);
	sigprocmask(SIG_BLOCK, &set, NULL);
	s->no_attr = 1;
}
CASE(mask_set)
{
	sigset_t set;
	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	posix_spawnattr_setsigmask(&s->attr, &set);
	sigaddset(&set, SIGUSR1);
	sigprocmask(SIG_BLOCK, &set, NULL);
	FLAGS(POSIX_SPAWN_SETSIGMASK);
}
CASE(mask_full)
{
	sigset_t set;
	sigfillset(&set);
	posix_spawnattr_setsigmask(&s->attr, &set);
	FLAGS(POSIX_SPAWN_SETSIGMASK);
}
CASE(mask_without_flag)
{
	sigset_t set;
	sigfillset(&set);
	posix_spawnattr_setsigmask(&s->attr, &set);
}
CASE(ignored)
{
	signal(SIGPIPE, SIG_IGN);
	signal(SIGUSR2, SIG_IGN);
	signal(SIGRTMAX, SIG_IGN);
}
CASE(handled)
{
	signal(SIGTERM, nothing);
	signal(SIGRTMIN + 1, nothing);
}
CASE(default_some)
{
	sigset_t set;
	sigemptyset(&set);
	sigaddset(&set, SIGPIPE);
	posix_spawnattr_setsigdefault(&s->attr, &set);
	signal(SIGPIPE, SIG_IGN);
	signal(SIGUSR2, SIG_IGN);
	FLAGS(POSIX_SPAWN_SETSIGDEF);
}
CASE(default_all)
{
	sigset_t set;
	sigfillset(&set);
	posix_spawnattr_setsigdefault(&s->attr, &set);
	for (int i = 1; i < 65; i++)
		signal(i, SIG_IGN);
	signal(SIGCHLD, SIG_DFL);
	FLAGS(POSIX_SPAWN_SETSIGDEF);
}
CASE(default_without_flag)
{
	sigset_t set;
	sigfillset(&set);
	posix_spawnattr_setsigdefault(&s->attr, &set);
	signal(SIGHUP, SIG_IGN);
}

static void scheduling(struct spawning *s, int flags, int policy, int priority)
{
	struct sched_param param = { .sched_priority = priority };

	posix_spawnattr_setschedpolicy(&s->attr, policy);
	posix_spawnattr_setschedparam(&s->attr, &param);
	FLAGS((short)flags);
}
CASE(scheduler_batch)
{
	scheduling(s, POSIX_SPAWN_SETSCHEDULER, SCHED_BATCH, 0);
}
CASE(scheduler_fifo)
{
	scheduling(s, POSIX_SPAWN_SETSCHEDULER | POSIX_SPAWN_SETSCHEDPARAM, SCHED_FIFO, 3);
}
CASE(scheduler_wrong)
{
	scheduling(s, POSIX_SPAWN_SETSCHEDULER, SCHED_FIFO, 1000);
}
CASE(scheduler_no_such)
{
	scheduling(s, POSIX_SPAWN_SETSCHEDULER, 77, 0);
}
CASE(param_only)
{
	scheduling(s, POSIX_SPAWN_SETSCHEDPARAM, SCHED_FIFO, 0);
}
CASE(param_only_wrong)
{
	scheduling(s, POSIX_SPAWN_SETSCHEDPARAM, SCHED_OTHER, 9);
}
CASE(param_only_of_fifo)
{
	struct sched_param p = { 2 };
	MUST(sched_setscheduler(0, SCHED_RR, &p) == 0);
	scheduling(s, POSIX_SPAWN_SETSCHEDPARAM, 0, 5);
}
CASE(param_only_reset)
{
	struct sched_param p = { 2 };
	MUST(sched_setscheduler(0, SCHED_RR | SCHED_RESET_ON_FORK, &p) == 0);
	scheduling(s, POSIX_SPAWN_SETSCHEDPARAM, 0, 0);
	s->by = "libc";
}
CASE(reset_ids)
{
	MUST(chmod(home, 0777) == 0 && setresgid(1, 2, 3) == 0 && setresuid(4, 5, 0) == 0);
	FLAGS(POSIX_SPAWN_RESETIDS);
}
/* Nothing is to be changed. The child shares the memory, or it would read no arguments in it. */
CASE(reset_same_ids)
{
	static char *argv[] = { "x", "report", NULL, NULL };
	char *text = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	MUST(text != MAP_FAILED && madvise(text, 4096, MADV_WIPEONFORK) == 0);
	strcpy(text, "the first argument");
	argv[2] = text;
	s->argv = argv;
	FLAGS(POSIX_SPAWN_RESETIDS);
}
CASE(keep_ids)
{
	MUST(chmod(home, 0777) == 0 && setresgid(1, 2, 3) == 0 && setresuid(4, 5, 6) == 0);
}

CASE(missing)
{
	s->path = "/nonexistent";
}
CASE(missing_no_lists)
{
	s->path = "/nonexistent";
	s->no_attr = s->no_actions = 1;
}
CASE(not_a_directory)
{
	s->path = "/etc/passwd/x";
}
CASE(not_executable)
{
	make("plain", "hello\n", 0644);
	s->path = "./plain";
}
CASE(a_directory)
{
	s->path = "/usr";
}
CASE(text)
{
	make("text", "exit 3\n", 0755);
	s->path = "./text";
}
CASE(text_search)
{
	make("text", "exit 3\n", 0755);
	s->path = "./text";
	s->search = 1;
}
CASE(text_in_path)
{
	make("text", "exit 3\n", 0755);
	s->path = "text";
	s->search = 1;
	setenv("PATH", ".:/bin", 1);
}
CASE(empty_file)
{
	make("nil", "", 0755);
	s->path = "./nil";
	s->search = 1;
}
CASE(script)
{
	make("script", "#!/bin/sh\nexit 5\n", 0755);
	s->path = "./script";
}
CASE(no_interpreter)
{
	make("orphan", "#!/nonexistent/sh\n", 0755);
	s->path = "./orphan";
}
CASE(loop)
{
	MUST(symlink("b", "a") == 0 && symlink("a", "b") == 0);
	s->path = "./a";
}
CASE(long_name)
{
	static char name[5000];
	memset(name, 'n', 4999);
	s->path = name;
}
CASE(empty_name)
{
	s->path = "";
}
CASE(busy)
{
	make("busy", "#!/bin/sh\n", 0755);
	MUST(open("busy", O_WRONLY) >= 0);
	s->path = "./busy";
}
CASE(big_argument)
{
	static char big[200000];
	static char *argv[] = { "x", big, NULL };
	memset(big, 'b', sizeof(big) - 1);
	s->argv = argv;
}
CASE(long_argument)
{
	static char big[100000];
	static char *argv[] = { "x", "report", big, NULL };
	memset(big, 'b', sizeof(big) - 1);
	s->argv = argv;
}
CASE(many_arguments)
{
	static char *argv[50001];
	for (int i = 0; i < 50000; i++)
		argv[i] = "a";
	s->argv = argv;
	s->path = "/bin/true";
}
CASE(too_many_arguments)
{
	static char *argv[3000001];
	for (int i = 0; i < 3000000; i++)
		argv[i] = "a";
	s->argv = argv;
	s->path = "/bin/true";
}
CASE(no_arguments)
{
	static char *argv[] = { NULL };
	s->argv = argv;
	s->path = "/bin/true";
}

#define SEARCH(file, places)             \
	s->path = (file), s->search = 1; \
	MUST(setenv("PATH", (places), 1) == 0)
CASE(search)
{
	SEARCH("true", "/nonexistent:/etc/passwd:/bin");
}
CASE(search_missing)
{
	SEARCH("no-such-program", "/nonexistent:/bin");
}
CASE(search_missing_last_notdir)
{
	SEARCH("no-such-program", "/bin:/etc/passwd");
}
CASE(search_denied)
{
	make("prog", "x", 0644);
	SEARCH("prog", ".:/nonexistent");
}
CASE(search_denied_then_found)
{
	make("true", "x", 0644);
	SEARCH("true", ".:/bin");
}
CASE(search_orphan_then_denied)
{
	MUST(mkdir("d", 0755) == 0);
	make("prog", "#!/nonexistent\n", 0755);
	make("d/prog", "x", 0644);
	SEARCH("prog", ".:d");
}
CASE(search_orphan)
{
	make("prog", "#!/nonexistent\n", 0755);
	SEARCH("prog", ".:/bin");
}
CASE(search_loop)
{
	MUST(symlink("prog", "prog") == 0);
	SEARCH("prog", ".:/bin");
}
CASE(search_empty_elements)
{
	make("prog", "#!/bin/sh\nexit 4\n", 0755);
	SEARCH("prog", "/nonexistent::/etc");
}
CASE(search_empty_path)
{
	make("prog", "#!/bin/sh\nexit 4\n", 0755);
	SEARCH("prog", "");
}
CASE(search_no_path)
{
	s->path = "true";
	s->search = 1;
	unsetenv("PATH");
}
CASE(search_parents_path)
{
	static char *envp[] = { "PATH=/nonexistent", NULL };
	SEARCH("true", "/bin");
	s->envp = envp;
}
CASE(search_slash)
{
	make("prog", "#!/bin/sh\nexit 4\n", 0755);
	SEARCH("./prog", "/bin");
}
CASE(search_empty_name)
{
	SEARCH("", "/bin");
	s->by = "libc";
}
CASE(search_long_name)
{
	static char name[400];
	memset(name, 'n', 399);
	SEARCH(name, "/bin");
	s->by = "libc";
}
CASE(search_long_elements)
{
	static char path[9000];
	memset(path, 'p', 8990);
	memcpy(path + 8990, ":/bin", 6);
	SEARCH("true", path);
}
CASE(search_many)
{
	static char path[8000];
	for (int i = 0; i < 400; i++)
		strcat(path, "/nonexistent:");
	strcat(path, "/bin");
	SEARCH("true", path);
	s->by = "vfork";
}
CASE(search_very_many)
{
	static char path[200000], *at = path;
	for (int i = 0; i < 6000; i++)
		at = stpcpy(at, "/nonexistent/one:");
	strcpy(at, "/bin");
	SEARCH("true", path);
	s->by = "vfork";
}

CASE(everything)
{
	sigset_t set;
	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	posix_spawnattr_setsigmask(&s->attr, &set);
	sigfillset(&set);
	posix_spawnattr_setsigdefault(&s->attr, &set);
	signal(SIGHUP, SIG_IGN);
	scheduling(s,
		   POSIX_SPAWN_SETSID | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF |
			   POSIX_SPAWN_SETSCHEDULER | POSIX_SPAWN_RESETIDS | POSIX_SPAWN_USEVFORK,
		   SCHED_IDLE, 0);
	ADD(dup2, 0, 5);
	ADD(closefrom_np, 6);
	ADD(chdir_np, "/usr");
}

/* Where the program is in an odd state. */
CASE(full_table)
{
	struct rlimit l = { 16, 16 };
	go(s);
	/* There is no fd left to read the trace by. */
	unsetenv("RINGSPAWN_POSIX_TRACE");
	MUST(setrlimit(RLIMIT_NOFILE, &l) == 0);
	while (dup(0) >= 0)
		;
	s->no_actions = 1;
	s->path = "/nonexistent";
}
CASE(full_table_from_the_start)
{
	struct rlimit l = { 16, 16 };
	unsetenv("RINGSPAWN_POSIX_TRACE");
	MUST(setrlimit(RLIMIT_NOFILE, &l) == 0);
	while (dup(0) >= 0)
		;
	s->path = "/nonexistent";
	s->by = "libc";
}
/* What was found out before no longer holds: a ring is refused its births where there is any
 * filter. */
CASE(after_a_filter)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 435, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog filter = { 4, code };

	go(s);
	MUST(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
	     prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) == 0);
	s->by = "vfork";
	go(s);
}
/* What ends a child before it has become its program is the end of that child. */
CASE(killed_by_a_filter)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_execve, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog filter = { 4, code };

	go(s);
	signal(SIGCHLD, count_sigchld);
	MUST(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
	     prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) == 0);
	s->by = "vfork";
	go(s);
	printf("  SIGCHLD %d\n", sigchlds);
	s->no_attr = s->no_actions = 1;
}
static void *kills_the_child(void *path)
{
	char children[32];
	ssize_t length = 0;

	MUST(unshare(CLONE_FILES) == 0); /* go() counts fds meanwhile */
	while (length == 0) {
		int fd = open(path, O_RDONLY | O_CLOEXEC);

		MUST(fd >= 0);
		length = read(fd, children, sizeof(children) - 1);
		MUST(length >= 0 && close(fd) == 0);
	}
	children[length] = 0;
	MUST(kill(atoi(children), SIGKILL) == 0);
	return NULL;
}
CASE(killed_in_an_open)
{
	pthread_t thread;
	char path[64];

	snprintf(path, sizeof(path), "/proc/self/task/%d/children", (int)getpid());
	signal(SIGCHLD, count_sigchld);
	/* So that no later child is one that finds out what works here. A ring has no open. */
	ADD(open, 0, "/dev/null", O_RDONLY, 0);
	s->by = "vfork";
	go(s);
	start(s);
	sigchlds = 0;
	MUST(mkfifo("pipe", 0600) == 0);
	ADD(open, 0, "pipe", O_RDONLY, 0); /* which nobody ever writes */
	s->by = "vfork";
	MUST(pthread_create(&thread, NULL, kills_the_child, path) == 0);
	go(s);
	MUST(pthread_join(thread, NULL) == 0);
	printf("  SIGCHLD %d\n", sigchlds);
	start(s);
}
CASE(after_fork)
{
	pid_t child = fork();
	if (child > 0) {
		int status;
		MUST(waitpid(child, &status, 0) == child);
		_exit(WEXITSTATUS(status));
	}
	go(s);
}
CASE(after_many)
{
	for (int i = 0; i < 30; i++)
		go(s);
}
CASE(after_closing_all)
{
	go(s);
	closefrom(3);
	for (int i = 0; i < 20; i++)
		MUST(open("/dev/zero", O_RDONLY) >= 0);
	go(s);
	for (int i = 3; i < 20; i++)
		MUST(read(i, &(char){ 1 }, 1) == 1);
	s->no_actions = 1;
}
CASE(after_many_then_fork)
{
	go(s);
	pid_t child = fork();
	MUST(child >= 0);
	if (child == 0) {
		for (int i = 0; i < 3; i++)
			go(s);
		fflush(stdout);
		_exit(0);
	}
	MUST(waitpid(child, NULL, 0) == child);
}
CASE(after_vfork)
{
	static volatile int error;
	static pid_t pid;
	pid_t child;

	/* What the child writes lies in our memory, as its ring would. */
	go(s);
	fflush(stdout);
	child = vfork();
	if (child == 0) {
		error = posix_spawn(&pid, "/bin/true", NULL, NULL, report_argv, report_envp);
		_exit(0);
	}
	MUST(waitpid(child, NULL, 0) == child);
	printf("  in a vfork child: %d\n", error);
}

static volatile int handled_error = -1;
static void spawning_handler(int sig)
{
	pid_t pid;

	(void)sig;
	handled_error = posix_spawn(&pid, "/bin/true", NULL, NULL, report_argv, report_envp);
	if (handled_error == 0)
		waitpid(pid, NULL, 0);
}
CASE(in_a_handler)
{
	signal(SIGALRM, spawning_handler);
	for (int i = 0; i < 100; i++) {
		pid_t pid;
		void *volatile block = malloc((size_t)i * 100);

		/* Wherever it comes; once, or a slow machine would do nothing else. */
		ualarm(100 + (useconds_t)i * 40, 0);
		MUST(posix_spawn(&pid, "/bin/true", NULL, NULL, report_argv, report_envp) == 0);
		while (waitpid(pid, NULL, 0) < 0)
			MUST(errno == EINTR);
		free(block);
	}
	ualarm(0, 0);
	signal(SIGALRM, SIG_DFL);
	printf("  in the handler: %d\n", handled_error);
}

static void *spawns(void *arg)
{
	for (int i = 0; i < 12; i++) {
		posix_spawn_file_actions_t actions;
		int pipe_fds[2], status;
		pid_t pid;
		char got[8] = "", want[8];
		char *argv[] = { "sh", "-c", "printf $0; exit 6", want, NULL };

		snprintf(want, sizeof(want), "%d.%d", (int)(intptr_t)arg, i);
		MUST(pipe2(pipe_fds, O_CLOEXEC) == 0 &&
		     posix_spawn_file_actions_init(&actions) == 0);
		MUST(posix_spawn_file_actions_adddup2(&actions, pipe_fds[1], 1) == 0);
		MUST(posix_spawnp(&pid, "sh", &actions, NULL, argv, report_envp) == 0);
		close(pipe_fds[1]);
		MUST(read(pipe_fds[0], got, sizeof(got)) == (ssize_t)strlen(want) &&
		     memcmp(got, want, strlen(want)) == 0);
		MUST(waitpid(pid, &status, 0) == pid && WEXITSTATUS(status) == 6);
		MUST(posix_spawn(&pid, "/nonexistent", NULL, NULL, argv, NULL) == ENOENT);
		close(pipe_fds[0]);
		posix_spawn_file_actions_destroy(&actions);
	}
	return NULL;
}
CASE(threads)
{
	pthread_t threads[12];

	for (intptr_t i = 0; i < 12; i++)
		MUST(pthread_create(&threads[i], NULL, spawns, (void *)i) == 0);
	for (int i = 0; i < 12; i++)
		MUST(pthread_join(threads[i], NULL) == 0);
	(void)s;
}
static void *goes(void *s)
{
	go(s);
	go(s);
	return NULL;
}
/* Their rings go with them. */
CASE(many_short_threads)
{
	pthread_t thread;

	for (int i = 0; i < 20; i++)
		MUST(pthread_create(&thread, NULL, goes, s) == 0 &&
		     pthread_join(thread, NULL) == 0);
}
static void *cancelled(void *s)
{
	MUST(pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, NULL) == 0);
	pthread_cancel(pthread_self());
	fflush(stdout);
	go(s);
	pthread_setcancelstate(PTHREAD_CANCEL_ENABLE, NULL);
	/* A pending cancellation acts nowhere within, or in libc's close, which comes later. */
	pid_t pid;
	int error = posix_spawn(&pid, "/bin/true", NULL, NULL, report_argv, report_envp);

	printf("  not cancelled: %d\n", error);
	return NULL;
}
CASE(cancelled)
{
	pthread_t thread;
	fflush(stdout);
	MUST(pthread_create(&thread, NULL, cancelled, s) == 0 && pthread_join(thread, NULL) == 0);
	while (wait(NULL) > 0)
		;
	s->no_attr = 1;
}
CASE(sigchld)
{
	signal(SIGCHLD, count_sigchld);
	go(s);
	printf("  SIGCHLD %d\n", sigchlds > 0);
	signal(SIGCHLD, SIG_DFL);
}
/* Also for a child that has found no program. */
CASE(sigchld_of_a_failure)
{
	signal(SIGCHLD, count_sigchld);
	s->path = "/nonexistent";
	go(s);
	printf("  SIGCHLD %d\n", sigchlds);
	signal(SIGCHLD, SIG_DFL);
}
CASE(sigchld_ignored)
{
	pid_t pid;
	signal(SIGCHLD, SIG_IGN);
	MUST(posix_spawn(&pid, "/bin/true", NULL, NULL, report_argv, report_envp) == 0);
	MUST(waitpid(pid, NULL, 0) == -1 && errno == ECHILD);
	printf("  %d\n", posix_spawn(&pid, "/nonexistent", NULL, NULL, report_argv, report_envp));
	signal(SIGCHLD, SIG_DFL);
	s->no_attr = 1;
}

static const struct {
	const char *name;
	void (*set_up)(struct spawning *);
} cases[] = {
#define C(name)                    \
	{                          \
#name, case_##name \
	}
	C(plain),
	C(empty_lists),
	C(no_environment),
	C(environment),
	C(usevfork),
	C(inherited),
	C(umask_nice),
	C(dup2),
	C(dup2_same),
	C(dup2_same_closed),
	C(dup2_closed),
	C(dup2_high),
	C(dup2_negative),
	C(dup2_swap),
	C(dup2_many),
	C(order),
	C(close_open),
	C(close_closed),
	C(close_beyond),
	C(close_beyond_open),
	C(open_high),
	C(open_over),
	C(open_cloexec_same),
	C(open_cloexec_moved),
	C(open_missing),
	C(open_directory),
	C(open_mode),
	C(open_exists),
	C(open_own_string),
	C(open_then_dup2),
	C(open_full_table),
	C(open_high_full_table),
	C(chdir),
	C(chdir_missing),
	C(chdir_file),
	C(chdir_open),
	C(open_chdir),
	C(chdir_exec),
	C(chdir_search),
	C(fchdir),
	C(fchdir_closed),
	C(fchdir_file),
	C(closefrom),
	C(closefrom_all),
	C(closefrom_then_open),
	C(pgroup_own),
	C(pgroup_parents),
	C(pgroup_missing),
	C(pgroup_negative),
	C(session),
	C(session_and_pgroup),
	C(unknown_flag),
	C(foreground),
	C(foreground_given),
	C(foreground_inherited),
	C(foreground_not_ours),
	C(foreground_no_terminal),
	C(mask_inherited),
	C(mask_set),
	C(mask_full),
	C(mask_without_flag),
	C(ignored),
	C(handled),
	C(default_some),
	C(default_all),
	C(default_without_flag),
	C(scheduler_batch),
	C(scheduler_fifo),
	C(scheduler_wrong),
	C(scheduler_no_such),
	C(param_only),
	C(param_only_wrong),
	C(param_only_of_fifo),
	C(param_only_reset),
	C(reset_ids),
	C(reset_same_ids),
	C(keep_ids),
	C(missing),
	C(missing_no_lists),
	C(not_a_directory),
	C(not_executable),
	C(a_directory),
	C(text),
	C(text_search),
	C(text_in_path),
	C(empty_file),
	C(script),
	C(no_interpreter),
	C(loop),
	C(long_name),
	C(empty_name),
	C(busy),
	C(big_argument),
	C(long_argument),
	C(many_arguments),
	C(too_many_arguments),
	C(no_arguments),
	C(search),
	C(search_missing),
	C(search_missing_last_notdir),
	C(search_denied),
	C(search_denied_then_found),
	C(search_orphan_then_denied),
	C(search_orphan),
	C(search_loop),
	C(search_empty_elements),
	C(search_empty_path),
	C(search_no_path),
	C(search_parents_path),
	C(search_slash),
	C(search_empty_name),
	C(search_long_name),
	C(search_long_elements),
	C(search_many),
	C(search_very_many),
	C(everything),
	C(full_table),
	C(full_table_from_the_start),
	C(after_a_filter),
	C(killed_by_a_filter),
	C(killed_in_an_open),
	C(after_fork),
	C(after_many),
	C(after_closing_all),
	C(after_many_then_fork),
	C(after_vfork),
	C(in_a_handler),
	C(threads),
	C(many_short_threads),
	C(cancelled),
	C(sigchld),
	C(sigchld_of_a_failure),
	C(sigchld_ignored),
};

static void run_case(unsigned i)
{
	static char setting[PATH_MAX + 32];
	struct spawning s;

	snprintf(setting, sizeof(setting), "REPORT=%s", report_at);
	report_envp[0] = setting;
	start(&s);
	cases[i].set_up(&s);
	go(&s);
	posix_spawnattr_destroy(&s.attr);
	posix_spawn_file_actions_destroy(&s.actions);
	fflush(stdout);
}

int main(int argc, char **argv)
{
	if (argc > 1 && strcmp(argv[1], "report") == 0)
		return report(argc, argv);
	MUST(realpath("/proc/self/exe", self) != NULL && getcwd(home, sizeof(home)) != NULL);
	snprintf(report_at, sizeof(report_at), "%s/report", home);
	closefrom(3);
	setvbuf(stdout, NULL, _IOFBF, 1 << 16);
	for (unsigned i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		char dir[64];
		int status;
		pid_t pid;

		if (argc > 1 && strcmp(argv[1], cases[i].name) != 0)
			continue;
		printf("case %s\n", cases[i].name);
		fflush(stdout);
		pid = fork();
		MUST(pid >= 0);
		if (pid == 0) {
			snprintf(dir, sizeof(dir), "%u", i);
			MUST(mkdir(dir, 0777) == 0 && chdir(dir) == 0);
			run_case(i);
			_exit(0);
		}
		MUST(waitpid(pid, &status, 0) == pid);
		if (status != 0)
			printf("  ENDED WITH %x\n", status);
	}
	printf("end\n");
	return 0;
}
