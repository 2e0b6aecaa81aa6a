/*
 * witness.c - the child that conformance starts, which tells what it got.
 *
 *	witness [anything]          the report, as one JSON object on stdout
 *	witness report PATH [...]   the report in a file, for when stdout itself is under test
 *	witness SUBCOMMAND [...]    behaves as asked; the table is at the end of this file
 *
 * Everything is collected before anything is written, and what the witness opens for itself is not
 * in the report. It asks the kernel directly where libc would answer from memory or hide something
 * (signals 32 and 33, the raw nice value).
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

extern char **environ;

#define SIGNALS 64

static void die(const char *what)
{
	fprintf(stderr, "witness: %s: %s\n", what, strerror(errno));
	_exit(99);
}

/* ---- a growing buffer, and JSON in it ---- */

static char *text;
static size_t text_len, text_cap;

static void put(const char *bytes, size_t len)
{
	if (text_len + len > text_cap) {
		text_cap = (text_len + len) * 2 + 65536;
		text = realloc(text, text_cap);
		if (!text)
			die("realloc");
	}
	memcpy(text + text_len, bytes, len);
	text_len += len;
}

__attribute__((format(printf, 1, 2))) static void putf(const char *format, ...)
{
	char line[512];
	va_list args;
	int len;

	va_start(args, format);
	len = vsnprintf(line, sizeof(line), format, args);
	va_end(args);
	put(line, (size_t)len);
}

/* Length of the valid UTF-8 sequence at `s`, 0 if there is none. */
static int utf8(const unsigned char *s)
{
	unsigned int point;
	int len, i;

	if (s[0] < 0x80)
		return 1;
	if (s[0] >= 0xc2 && s[0] <= 0xdf)
		len = 2, point = s[0] & 0x1f;
	else if (s[0] >= 0xe0 && s[0] <= 0xef)
		len = 3, point = s[0] & 0x0f;
	else if (s[0] >= 0xf0 && s[0] <= 0xf4)
		len = 4, point = s[0] & 0x07;
	else
		return 0;
	for (i = 1; i < len; i++) {
		if ((s[i] & 0xc0) != 0x80)
			return 0;
		point = point << 6 | (s[i] & 0x3f);
	}
	if ((len == 3 && point < 0x800) || (len == 4 && (point < 0x10000 || point > 0x10ffff)) ||
	    (point >= 0xd800 && point <= 0xdfff))
		return 0;
	return len;
}

/* A byte that is not UTF-8 becomes the lone surrogate U+DC00 + byte, so that no byte is lost. */
static void string(const char *value)
{
	const unsigned char *s = (const unsigned char *)value;

	if (!value) {
		put("null", 4);
		return;
	}
	put("\"", 1);
	while (*s) {
		int len = utf8(s);

		if (!len) {
			putf("\\ud%03x", 0xc00 + *s);
			s++;
		} else if (*s < 0x20 || *s == '"' || *s == '\\') {
			putf("\\u%04x", *s);
			s++;
		} else {
			put((const char *)s, (size_t)len);
			s += len;
		}
	}
	put("\"", 1);
}

static void strings(const char *key, char *const *list)
{
	int i;

	putf("\"%s\":[", key);
	for (i = 0; list[i]; i++) {
		if (i)
			put(",", 1);
		string(list[i]);
	}
	put("],\n", 3);
}

/* ---- the parts of the report ---- */

/* First 16 KiB of a small file without its last newline; NULL when it cannot be read. */
static const char *slurp(const char *path)
{
	static char content[16384];
	ssize_t len;
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return NULL;
	len = read(fd, content, sizeof(content) - 1);
	close(fd);
	if (len < 0)
		return NULL;
	if (len && content[len - 1] == '\n')
		len--;
	content[len] = 0;
	return content;
}

static const char *kind_of(mode_t mode)
{
	switch (mode & S_IFMT) {
	case S_IFIFO:
		return "pipe";
	case S_IFREG:
		return "file";
	case S_IFCHR:
		return "chr";
	case S_IFBLK:
		return "blk";
	case S_IFSOCK:
		return "socket";
	case S_IFDIR:
		return "dir";
	default:
		return "other";
	}
}

static void one_fd(int fd, bool first)
{
	char path[64], target[4096];
	struct winsize size = { 0 };
	struct stat st;
	ssize_t len;
	int own = fcntl(fd, F_GETFD), shared = fcntl(fd, F_GETFL);

	if (own < 0 || shared < 0 || fstat(fd, &st) < 0)
		return;
	ioctl(fd, TIOCGWINSZ, &size); /* which leaves it as it is for what is no terminal */
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	len = readlink(path, target, sizeof(target) - 1);
	if (len >= 0)
		target[len] = 0;
	if (!first)
		put(",", 1);
	putf("\n{\"fd\":%d,\"kind\":\"%s\",\"target\":", fd, kind_of(st.st_mode));
	string(len < 0 ? NULL : target);
	putf(",\"access\":\"%s\",\"append\":%s,\"nonblock\":%s,\"path\":%s,\"cloexec\":%s,\"tty\":%s,"
	     "\"rows\":%d,\"cols\":%d,\"dev\":%llu,\"ino\":%llu,\"offset\":%lld}",
	     (shared & O_ACCMODE) == O_RDONLY   ? "r"
	     : (shared & O_ACCMODE) == O_WRONLY ? "w"
						: "rw",
	     shared & O_APPEND ? "true" : "false", shared & O_NONBLOCK ? "true" : "false",
	     shared & O_PATH ? "true" : "false", own & FD_CLOEXEC ? "true" : "false",
	     isatty(fd) ? "true" : "false", size.ws_row, size.ws_col, (unsigned long long)st.st_dev,
	     (unsigned long long)st.st_ino, (long long)lseek(fd, 0, SEEK_CUR));
}

static int by_number(const void *a, const void *b)
{
	return *(const int *)a - *(const int *)b;
}

static void fds(void)
{
	static int list[65536];
	int count = 0, i;
	DIR *dir = opendir("/proc/self/fd");

	if (dir) {
		struct dirent *entry;

		while ((entry = readdir(dir)) && count < 65536) {
			int fd = atoi(entry->d_name);

			if (entry->d_name[0] != '.' && fd != dirfd(dir))
				list[count++] = fd;
		}
		closedir(dir);
		qsort(list, (size_t)count, sizeof(int), by_number);
	} else { /* no /proc: in a chroot */
		for (i = 0; i < 65536; i++)
			if (fcntl(i, F_GETFD) >= 0)
				list[count++] = i;
	}
	put("\"fds\":[", 7);
	for (i = 0; i < count; i++)
		one_fd(list[i], i == 0);
	put("],\n", 3);
}

static void set(const char *key, uint64_t bits)
{
	bool first = true;
	int i;

	putf("\"%s\":[", key);
	for (i = 0; i < 64; i++) {
		if (!(bits >> i & 1))
			continue;
		putf(first ? "%d" : ",%d", i + 1);
		first = false;
	}
	put("]", 1);
}

static void signals(void)
{
	uint64_t mask = 0, ignored = 0, caught = 0, normal = 0;
	int i;

	syscall(SYS_rt_sigprocmask, SIG_BLOCK, NULL, &mask, sizeof(mask));
	for (i = 1; i <= SIGNALS; i++) {
		uintptr_t action[16] = {
			0
		}; /* the kernel's struct: the handler is its first word everywhere */

		syscall(SYS_rt_sigaction, i, NULL, action, sizeof(mask));
		if (action[0] == (uintptr_t)SIG_IGN)
			ignored |= UINT64_C(1) << (i - 1);
		else if (action[0] == (uintptr_t)SIG_DFL)
			normal |= UINT64_C(1) << (i - 1);
		else
			caught |= UINT64_C(1) << (i - 1);
	}
	put("\"signals\":{", 11);
	set("mask", mask);
	put(",", 1);
	set("ignored", ignored);
	put(",", 1);
	set("caught", caught);
	put(",", 1);
	set("default", normal);
	put("},\n", 3);
}

static void ids(void)
{
	uid_t uid[3];
	gid_t gid[3], groups[1024];
	int count, i;

	getresuid(&uid[0], &uid[1], &uid[2]);
	getresgid(&gid[0], &gid[1], &gid[2]);
	putf("\"uid\":[%u,%u,%u],\"gid\":[%u,%u,%u],\"groups\":[", uid[0], uid[1], uid[2], gid[0],
	     gid[1], gid[2]);
	count = getgroups(1024, groups);
	for (i = 0; i < count; i++)
		putf(i ? ",%u" : "%u", groups[i]);
	put("],\n", 3);
}

static const struct {
	const char *name;
	int resource;
} resources[] = {
	{ "as", RLIMIT_AS },
	{ "core", RLIMIT_CORE },
	{ "cpu", RLIMIT_CPU },
	{ "data", RLIMIT_DATA },
	{ "fsize", RLIMIT_FSIZE },
	{ "locks", RLIMIT_LOCKS },
	{ "memlock", RLIMIT_MEMLOCK },
	{ "msgqueue", RLIMIT_MSGQUEUE },
	{ "nice", RLIMIT_NICE },
	{ "nofile", RLIMIT_NOFILE },
	{ "nproc", RLIMIT_NPROC },
	{ "rss", RLIMIT_RSS },
	{ "rtprio", RLIMIT_RTPRIO },
	{ "rttime", RLIMIT_RTTIME },
	{ "sigpending", RLIMIT_SIGPENDING },
	{ "stack", RLIMIT_STACK },
};
#define RESOURCES (sizeof(resources) / sizeof(resources[0]))

/* JSON has no 64-bit integers: a limit is a string, "unlimited" or its decimal digits. */
static void limit(rlim_t value)
{
	if (value == RLIM_INFINITY)
		put("\"unlimited\"", 11);
	else
		putf("\"%llu\"", (unsigned long long)value);
}

static void limits(void)
{
	size_t i;

	put("\"limits\":{", 10);
	for (i = 0; i < RESOURCES; i++) {
		struct rlimit value;

		if (syscall(SYS_prlimit64, 0, resources[i].resource, NULL, &value) < 0)
			continue;
		putf(i ? ",\"%s\":[" : "\"%s\":[", resources[i].name);
		limit(value.rlim_cur);
		put(",", 1);
		limit(value.rlim_max);
		put("]", 1);
	}
	put("},\n", 3);
}

static void scheduling(void)
{
	static const char *policies[] = { "other", "fifo", "rr",       "batch",
					  "iso",   "idle", "deadline", "ext" };
	static const char *classes[] = { "none", "realtime", "best-effort", "idle" };
	unsigned char mask[1024] = { 0 };
	struct sched_param param = { 0 };
	int policy = sched_getscheduler(0) & ~SCHED_RESET_ON_FORK;
	long ioprio = syscall(SYS_ioprio_get, 1, 0);
	long bytes = syscall(SYS_sched_getaffinity, 0, sizeof(mask), mask);
	bool first = true;
	long i;

	sched_getparam(0, &param);
	/* The raw call gives 20 - nice. */
	putf("\"nice\":%ld,", 20 - syscall(SYS_getpriority, PRIO_PROCESS, 0));
	putf("\"ioPriority\":{\"class\":\"%s\",\"level\":%ld},", classes[(ioprio >> 13) & 3],
	     ioprio & 7);
	putf("\"scheduler\":{\"policy\":\"%s\",\"priority\":%d},",
	     policy >= 0 && policy < 8 ? policies[policy] : "unknown", param.sched_priority);
	put("\"affinity\":[", 12);
	for (i = 0; i < bytes * 8; i++) {
		if (!(mask[i / 8] >> (i % 8) & 1))
			continue;
		putf(first ? "%ld" : ",%ld", i);
		first = false;
	}
	put("],\n", 3);
}

static void namespaces(void)
{
	static const char *names[] = {
		"cgroup", "ipc", "mnt", "net", "pid", "time", "user", "uts"
	};
	size_t i;

	put("\"namespaces\":{", 14);
	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		char path[64], target[256];
		ssize_t len;

		snprintf(path, sizeof(path), "/proc/self/ns/%s", names[i]);
		len = readlink(path, target, sizeof(target) - 1);
		if (len >= 0)
			target[len] = 0;
		putf(i ? ",\"%s\":" : "\"%s\":", names[i]);
		string(len < 0 ? NULL : target);
	}
	put("},\n", 3);
}

static void terminal(void)
{
	int tty = open("/dev/tty", O_RDWR | O_NOCTTY | O_CLOEXEC);
	const char *stat = slurp("/proc/self/stat");
	int number = 0, foreground = -1;

	/* Field 7 is the controlling terminal, field 8 its foreground group; field 2 may hold
	 * spaces. */
	if (stat)
		sscanf(strrchr(stat, ')') + 1, " %*c %*d %*d %*d %d %d", &number, &foreground);
	if (tty >= 0)
		foreground = tcgetpgrp(tty);
	putf("\"terminal\":{\"controlling\":%s,\"device\":%d,\"foreground\":%d},\n",
	     tty >= 0 ? "true" : "false", number, foreground);
	if (tty >= 0)
		close(tty);
}

static void report(int argc, char **argv, const char *path)
{
	char cwd[8192];
	struct stat root;
	mode_t mask;
	int out = STDOUT_FILENO, death = 0;
	size_t done = 0;

	(void)argc;
	put("{", 1);
	strings("argv", argv);
	strings("env", environ);
	fds(); /* before anything else is opened */
	put("\"cwd\":", 6);
	string(getcwd(cwd, sizeof(cwd)));
	put(",\"exe\":", 7);
	{
		char exe[4096];
		ssize_t len = readlink("/proc/self/exe", exe, sizeof(exe) - 1);

		if (len >= 0)
			exe[len] = 0;
		string(len < 0 ? NULL : exe);
	}
	putf(",\n\"pid\":%d,\"ppid\":%d,\"sid\":%d,\"pgid\":%d,\n", getpid(), getppid(), getsid(0),
	     getpgid(0));
	terminal();
	signals();
	ids();
	limits();
	mask = umask(0);
	umask(mask);
	putf("\"umask\":%u,", mask);
	scheduling();
	prctl(PR_GET_PDEATHSIG, &death);
	putf("\"noNewPrivileges\":%s,\"seccomp\":%d,\"dieWithParent\":%d,\n",
	     prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1 ? "true" : "false", prctl(PR_GET_SECCOMP),
	     death);
	if (stat("/", &root) < 0)
		die("stat /");
	putf("\"root\":{\"dev\":%llu,\"ino\":%llu},\n", (unsigned long long)root.st_dev,
	     (unsigned long long)root.st_ino);
	namespaces();
	put("\"cgroup\":", 9);
	string(slurp("/proc/self/cgroup"));
	put("}\n", 2);

	if (path) {
		out = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
		if (out < 0)
			die(path);
	}
	while (done < text_len) {
		ssize_t n = write(out, text + done, text_len - done);

		if (n < 0 && errno == EAGAIN) {
			struct pollfd wait = { .fd = out, .events = POLLOUT };

			poll(&wait, 1, -1);
		} else if (n < 0 && errno != EINTR) {
			die("write");
		} else if (n > 0) {
			done += (size_t)n;
		}
	}
}

/* ---- sub-commands ---- */

static void all_of(int fd, const char *bytes, size_t len)
{
	while (len) {
		ssize_t n = write(fd, bytes, len);

		if (n < 0) {
			if (errno == EINTR)
				continue;
			die("write");
		}
		bytes += n;
		len -= (size_t)n;
	}
}

static long number(char **args, int at)
{
	char *end;
	long value;
	int i;

	for (i = 0; i <= at; i++) {
		if (!args[i]) {
			errno = EINVAL;
			die("an argument is missing");
		}
	}
	value = strtol(args[at], &end, 10);
	if (*end || end == args[at]) {
		errno = EINVAL;
		die(args[at]);
	}
	return value;
}

static void pause_ms(long ms)
{
	struct timespec left = { ms / 1000, ms % 1000 * 1000000 };

	while (nanosleep(&left, &left) < 0 && errno == EINTR)
		;
}

static void copy(int from, int to)
{
	static char buffer[65536];
	ssize_t n;

	while ((n = read(from, buffer, sizeof(buffer))) != 0) {
		if (n > 0)
			all_of(to, buffer, (size_t)n);
		else if (errno != EINTR)
			die("read");
	}
}

static int do_exit(char **args)
{
	_exit((int)number(args, 0));
}

/* Dies of the signal, whatever was inherited for it. */
static int do_signal(char **args)
{
	int number_ = (int)number(args, 0);
	uint64_t one = UINT64_C(1) << (number_ - 1);
	struct rlimit none = { 0, 0 };
	char zero[256] = { 0 };

	setrlimit(RLIMIT_CORE, &none); /* no core files in the tree */
	syscall(SYS_rt_sigaction, number_, zero, NULL, sizeof(one));
	syscall(SYS_rt_sigprocmask, SIG_UNBLOCK, &one, NULL, sizeof(one));
	kill(getpid(), number_);
	pause_ms(100);
	return 98; /* this signal does not kill */
}

static int do_cat(char **args)
{
	(void)args;
	copy(STDIN_FILENO, STDOUT_FILENO);
	return 0;
}

/* N bytes; byte i is (i ^ i >> 8 ^ i >> 16) & 0xff. */
static int do_write(char **args)
{
	static char buffer[65536];
	size_t count = (size_t)number(args, 0), done = 0, i;

	while (done < count) {
		size_t n = count - done < sizeof(buffer) ? count - done : sizeof(buffer);

		for (i = 0; i < n; i++)
			buffer[i] = (char)((done + i) ^ (done + i) >> 8 ^ (done + i) >> 16);
		all_of(STDOUT_FILENO, buffer, n);
		done += n;
	}
	return 0;
}

/* Reads N bytes and no more; prints how many it got. */
static int do_read(char **args)
{
	static char buffer[65536];
	size_t count = (size_t)number(args, 0), got = 0;

	while (got < count) {
		size_t want = count - got < sizeof(buffer) ? count - got : sizeof(buffer);
		ssize_t n = read(STDIN_FILENO, buffer, want);

		if (n == 0)
			break;
		if (n < 0 && errno != EINTR)
			die("read");
		if (n > 0)
			got += (size_t)n;
	}
	printf("%zu\n", got);
	return 0;
}

/* Reads an fd whenever poll tells of something, as event loops do, and prints what came before its
 * end; or, where poll does not tell of the end, what came within 10 s. */
static int do_poll(char **args)
{
	struct pollfd ready = { .fd = (int)number(args, 0), .events = POLLIN };
	char byte;

	while (poll(&ready, 1, 10000) > 0) {
		if (read(ready.fd, &byte, 1) <= 0) {
			all_of(STDOUT_FILENO, " end\n", 5);
			return 0;
		}
		all_of(STDOUT_FILENO, &byte, 1);
	}
	all_of(STDOUT_FILENO, " and no end\n", 12);
	return 1;
}

static int do_sleep(char **args)
{
	pause_ms(number(args, 0));
	return 0;
}

static int do_both(char **args)
{
	long count = args[0] ? number(args, 0) : 100, i;
	char line[64];

	for (i = 0; i < count; i++) {
		int len = snprintf(line, sizeof(line), "out %ld\n", i);

		all_of(STDOUT_FILENO, line, (size_t)len);
		len = snprintf(line, sizeof(line), "err %ld\n", i);
		all_of(STDERR_FILENO, line, (size_t)len);
	}
	return 0;
}

/* Says "ready", then can only be killed by SIGKILL (or ends after 30 s, to leave nothing behind).
 */
static int do_ignore_term(char **args)
{
	(void)args;
	signal(SIGTERM, SIG_IGN);
	all_of(STDOUT_FILENO, "ready\n", 6);
	pause_ms(30000);
	return 0;
}

static int waited_for;

static void note(int signal_)
{
	waited_for = signal_;
}

/* Says "ready", prints the signal it got, exits 0. */
static int do_trap(char **args)
{
	int signal_ = (int)number(args, 0);
	struct sigaction action = { .sa_handler = note };
	sigset_t one, old;
	char line[32];

	sigemptyset(&one);
	sigaddset(&one, signal_);
	sigprocmask(SIG_BLOCK, &one, &old);
	sigaction(signal_, &action, NULL);
	all_of(STDOUT_FILENO, "ready\n", 6);
	while (!waited_for)
		sigsuspend(&old);
	all_of(STDOUT_FILENO, line, (size_t)snprintf(line, sizeof(line), "got %d\n", waited_for));
	return 0;
}

/* Leaves at once; a child of its own keeps the pipes open for MS, then says "late". */
static int do_fork_holder(char **args)
{
	long ms = number(args, 0);
	pid_t pid = fork();

	if (pid < 0)
		die("fork");
	if (pid == 0) {
		pause_ms(ms);
		all_of(STDOUT_FILENO, "late\n", 5);
		_exit(0);
	}
	all_of(STDOUT_FILENO, "early\n", 6);
	return 0;
}

static int do_echo_fd(char **args)
{
	copy((int)number(args, 0), (int)number(args, 1));
	return 0;
}

/* Closes 0, 1 and 2, and lives on for MS. */
static int do_closed(char **args)
{
	long ms = number(args, 0);

	close(STDIN_FILENO);
	close(STDOUT_FILENO);
	close(STDERR_FILENO);
	pause_ms(ms);
	return 0;
}

/* Unlocks the pty whose master is fd A and prints the path of its other side: JavaScript has no
 * ioctl. */
static int do_unlock_pty(char **args)
{
	int fd = (int)number(args, 0);

	if (unlockpt(fd) < 0)
		die("unlockpt");
	printf("%s\n", ptsname(fd));
	return 0;
}

static void set_proc(const char *name, const char *value)
{
	char path[64];
	int fd;

	snprintf(path, sizeof(path), "/proc/self/%s", name);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		die(path);
	all_of(fd, value, strlen(value));
	close(fd);
}

static void become_root_of_namespace(void)
{
	char uids[32], gids[32];

	snprintf(uids, sizeof(uids), "0 %u 1", geteuid());
	snprintf(gids, sizeof(gids), "0 %u 1", getegid());
	/* After a change of ids the files below would be root's. */
	if (unshare(CLONE_NEWUSER) < 0 || prctl(PR_SET_DUMPABLE, 1) < 0)
		die("userns");
	set_proc("setgroups", "deny");
	set_proc("uid_map", uids);
	set_proc("gid_map", gids);
}

/*
 * under [name=value]... -- CMD [...]: changes itself, then becomes CMD. It stands between an engine
 * and a program when the program must start in a state that the engine under test cannot be asked
 * for. Names: the limits above, uid, gid, group (a supplementary one), userns (1: it becomes root
 * of a user namespace, as an ordinary user may), close (an fd), ignore, mask, default (a signal).
 */
static int do_under(char **args)
{
	uid_t uid = getuid();
	gid_t gid = getgid(), groups[64];
	size_t count = 0;
	long userns = 0;

	for (; *args && strcmp(*args, "--"); args++) {
		char *equals = strchr(*args, '=');
		long value;
		size_t i;

		if (!equals) {
			errno = EINVAL;
			die(*args);
		}
		*equals++ = 0;
		value = number(&equals, 0);
		for (i = 0; i < RESOURCES && strcmp(resources[i].name, *args); i++)
			;
		if (i < RESOURCES) {
			struct rlimit both = { (rlim_t)value, (rlim_t)value };

			if (setrlimit(resources[i].resource, &both) < 0)
				die(*args);
		} else if (!strcmp(*args, "uid")) {
			uid = (uid_t)value;
		} else if (!strcmp(*args, "gid")) {
			gid = (gid_t)value;
		} else if (!strcmp(*args, "group") && count < 64) {
			groups[count++] = (gid_t)value;
		} else if (!strcmp(*args, "userns")) {
			userns = value;
		} else if (!strcmp(*args, "close")) {
			close((int)value);
		} else if (!strcmp(*args, "ignore")) {
			signal((int)value, SIG_IGN);
		} else if (!strcmp(*args, "default")) {
			signal((int)value, SIG_DFL);
		} else if (!strcmp(*args, "mask")) {
			sigset_t one;

			sigemptyset(&one);
			sigaddset(&one, (int)value);
			sigprocmask(SIG_BLOCK, &one, NULL);
		} else {
			errno = EINVAL;
			die(*args);
		}
	}
	if (!*args || !args[1]) {
		errno = EINVAL;
		die("under: no command");
	}
	if ((gid != getgid() || count) &&
	    (setgroups(count, groups) < 0 || setresgid(gid, gid, gid) < 0))
		die("gid");
	if (uid != getuid() && setresuid(uid, uid, uid) < 0)
		die("uid");
	if (userns)
		become_root_of_namespace();
	execvp(args[1], args + 1);
	die(args[1]);
	return 99;
}

/*
 * nproc PID: lets that process have no more threads and processes until this one's stdin ends. Says
 * so by a line, since the process can start no other helper meanwhile.
 */
static int do_nproc(char **args)
{
	pid_t pid = (pid_t)number(args, 0);
	struct rlimit before, none;
	char byte;

	if (prlimit(pid, RLIMIT_NPROC, NULL, &before) < 0)
		die("nproc");
	none = before;
	none.rlim_cur = 0;
	if (prlimit(pid, RLIMIT_NPROC, &none, NULL) < 0)
		die("nproc");
	puts("none");
	fflush(stdout);
	while (read(0, &byte, 1) > 0)
		;
	if (prlimit(pid, RLIMIT_NPROC, &before, NULL) < 0)
		die("nproc");
	return 0;
}

static const struct {
	const char *name;
	int (*run)(char **args);
} subcommands[] = {
	{ "exit", do_exit },     /* N */
	{ "signal", do_signal }, /* N */
	{ "cat", do_cat },
	{ "write", do_write }, /* N */
	{ "read", do_read },   /* N */
	{ "poll", do_poll },   /* FD */
	{ "sleep", do_sleep }, /* MS */
	{ "both", do_both },   /* [LINES] */
	{ "ignore-term", do_ignore_term },
	{ "trap", do_trap },               /* SIGNAL */
	{ "fork-holder", do_fork_holder }, /* MS */
	{ "echo-fd", do_echo_fd },         /* FROM TO */
	{ "closed", do_closed },           /* MS */
	{ "unlock-pty", do_unlock_pty },   /* FD */
	{ "nproc", do_nproc },             /* PID */
	{ "under", do_under },             /* [name=value]... -- CMD [...] */
};

int main(int argc, char **argv)
{
	size_t i;

	if (argc > 1)
		for (i = 0; i < sizeof(subcommands) / sizeof(subcommands[0]); i++)
			if (!strcmp(argv[1], subcommands[i].name))
				return subcommands[i].run(argv + 2);
	report(argc, argv, argc > 2 && !strcmp(argv[1], "report") ? argv[2] : NULL);
	return 0;
}
