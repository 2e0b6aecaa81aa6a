/* A program that tests start: it prints what it was given, one "key value" in each line. */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

extern char **environ;

static void say_fds(void)
{
	printf("fds");
	for (int fd = 0; fd < 4096; fd++)
		if (fcntl(fd, F_GETFD) >= 0)
			printf(" %d", fd);
	printf("\n");
	for (int fd = 0; fd < 4096; fd++) {
		char link[64], path[4096];
		ssize_t len;

		if (fcntl(fd, F_GETFD) < 0)
			continue;
		snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
		len = readlink(link, path, sizeof(path) - 1);
		path[len < 0 ? 0 : len] = 0;
		printf("fd%d %s\n", fd, path);
		printf("fd%d.flags %d %s%s%s\n", fd, fcntl(fd, F_GETFL) & O_ACCMODE,
		       fcntl(fd, F_GETFL) & O_NONBLOCK ? "nonblock" : "block",
		       fcntl(fd, F_GETFL) & O_DIRECT ? " direct" : "",
		       fcntl(fd, F_GETFD) & FD_CLOEXEC ? " cloexec" : "");
	}
}

static void say_signals(void)
{
	unsigned long long mask = 0, ignored = 0, handled = 0;

	syscall(SYS_rt_sigprocmask, SIG_BLOCK, NULL, &mask, 8);
	for (int sig = 1; sig <= 64; sig++) {
		struct {
			void (*handler)(int);
			unsigned long flags;
			void (*restorer)(void);
			unsigned long mask;
		} now;

		if (syscall(SYS_rt_sigaction, sig, NULL, &now, 8) != 0)
			continue;
		if (now.handler == SIG_IGN)
			ignored |= 1ull << (sig - 1);
		else if (now.handler != SIG_DFL)
			handled |= 1ull << (sig - 1);
	}
	printf("mask %llx\nignored %llx\nhandled %llx\n", mask, ignored, handled);
}

int main(int argc, char **argv)
{
	char cwd[4096], root[4096];
	unsigned char cpus[128];
	gid_t groups[256];
	ssize_t len;
	int count, death = -1, tty;
	uid_t r, e, s;

	/* "exit N", "signal N", "sleep": how to end instead */
	if (argc == 3 && strcmp(argv[1], "exit") == 0)
		_exit(atoi(argv[2]));
	if (argc == 3 && strcmp(argv[1], "signal") == 0) {
		kill(getpid(), atoi(argv[2]));
		_exit(1);
	}
	if (argc == 2 && strcmp(argv[1], "sleep") == 0)
		for (;;)
			pause();

	printf("argc %d\n", argc);
	for (int i = 0; i < argc; i++)
		printf("arg%d %s\n", i, argv[i]);
	count = 0;
	while (environ[count] != NULL)
		count++;
	printf("envc %d\n", count);
	for (int i = 0; i < count; i++)
		printf("env%d %s\n", i, environ[i]);
	say_fds();
	say_signals();
	printf("cwd %s\n", getcwd(cwd, sizeof(cwd)) ? cwd : "?");
	len = readlink("/proc/self/root", root, sizeof(root) - 1);
	root[len < 0 ? 0 : len] = 0;
	printf("root %s\n", root);
	printf("pid %d\nppid %d\npgid %d\nsid %d\n", getpid(), getppid(), getpgid(0), getsid(0));
	tty = open("/dev/tty", O_RDWR);
	printf("tty %s\n", tty >= 0 ? "yes" : "no");
	if (tty >= 0)
		close(tty);
	getresuid(&r, &e, &s);
	printf("uid %u %u %u\n", r, e, s);
	getresgid(&r, &e, &s);
	printf("gid %u %u %u\n", r, e, s);
	count = getgroups(256, groups);
	printf("groups %d", count);
	for (int i = 0; i < count; i++)
		printf(" %u", groups[i]);
	printf("\n");
	printf("umask %o\n", umask(0));
	errno = 0;
	printf("nice %d\n", getpriority(PRIO_PROCESS, 0));
	printf("ioprio %ld\n", syscall(SYS_ioprio_get, 1, 0));
	len = syscall(SYS_sched_getaffinity, 0, sizeof(cpus), cpus);
	printf("cpus");
	for (int i = 0; i < len * 8; i++)
		if (cpus[i / 8] & (1 << i % 8))
			printf(" %d", i);
	printf("\n");
	{
		int priority = 0;

		/* musl's own answer with ENOSYS. */
		syscall(SYS_sched_getparam, 0, &priority);
		printf("sched %ld %d\n", syscall(SYS_sched_getscheduler, 0), priority);
	}
	for (int i = 0; i < 16; i++) {
		struct rlimit limit;

		getrlimit(i, &limit);
		printf("limit%d %lld %lld\n", i, (long long)limit.rlim_cur,
		       (long long)limit.rlim_max);
	}
	prctl(PR_GET_PDEATHSIG, &death);
	printf("death %d\nnnp %d\n", death, prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0));
	return 0;
}
