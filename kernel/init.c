// SPDX-License-Identifier: GPL-2.0
/*
 * The guest's first process: puts the host's root, read-only over 9p, under an overlay in memory,
 * runs one command there with the stdio, environment and directory of whoever called kernel/boot,
 * leaves its exit status in the job directory and turns the machine off.
 *
 * Between host and guest are three virtio serial ports, one a stream. The command gets pipes, so
 * that it sees an end of file, and this process carries the bytes.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static int job = -1;

static void off(int status)
{
	char text[16];
	int fd = openat(job, "status", O_WRONLY | O_CREAT | O_TRUNC, 0600);
	int len = snprintf(text, sizeof(text), "%d\n", status);

	if (fd < 0 || write(fd, text, len) != len || fsync(fd))
		perror("lab: status");
	sync();
	reboot(RB_AUTOBOOT); /* QEMU runs with -no-reboot */
	for (;;)
		pause();
}

static void die(const char *what)
{
	fprintf(stderr, "lab init: %s: %s\n", what, strerror(errno));
	off(125);
}

static void mnt(const char *from, const char *to, const char *type, unsigned long flags,
		const char *data)
{
	mkdir(to, 0755);
	if (mount(from, to, type, flags, data))
		die(to);
}

static void put(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY);

	if (fd >= 0 && write(fd, text, strlen(text)) < 0)
		fprintf(stderr, "lab init: %s: %s\n", path, strerror(errno));
	if (fd >= 0)
		close(fd);
}

/* A file of NUL-terminated strings, as an array. */
static char **strings(const char *name)
{
	int fd = openat(job, name, O_RDONLY), n = 0;
	struct stat st;
	char *text, **list;
	ssize_t len = 0, got;

	if (fd < 0 || fstat(fd, &st))
		die(name);
	text = malloc(st.st_size + 1);
	while (len < st.st_size && (got = read(fd, text + len, st.st_size - len)) > 0)
		len += got;
	close(fd);
	text[len] = 0;
	list = calloc(len + 2, sizeof(*list));
	for (char *p = text; p < text + len; p += strlen(p) + 1)
		list[n++] = p;
	return list;
}

/* /dev/vport<some number>p<nr> */
static int port(int nr, int mode)
{
	char suffix[8];
	DIR *dir = opendir("/dev");
	struct dirent *e;
	int fd = -1;

	snprintf(suffix, sizeof(suffix), "p%d", nr);
	while (dir && (e = readdir(dir)))
		if (!strncmp(e->d_name, "vport", 5) && !strcmp(strrchr(e->d_name, 'p'), suffix))
			fd = openat(dirfd(dir), e->d_name, mode | O_CLOEXEC);
	closedir(dir);
	if (fd < 0)
		die("a port for stdio");
	return fd;
}

static void loopback_up(void)
{
	struct ifreq ifr = { .ifr_name = "lo", .ifr_flags = IFF_UP | IFF_RUNNING };
	int fd = socket(AF_INET, SOCK_DGRAM, 0);

	if (fd >= 0) {
		ioctl(fd, SIOCSIFFLAGS, &ifr);
		close(fd);
	}
}

/* Carries what is there; 0 at the end of it. Writing blocks, which holds up the reader as it
 * should. */
static int carry(int from, int to)
{
	static char buf[65536];
	ssize_t n = read(from, buf, sizeof(buf));

	if (n < 0)
		return errno == EINTR || errno == EAGAIN;
	for (ssize_t done = 0; done < n;) {
		ssize_t w = write(to, buf + done, n - done);

		if (w < 0 && errno != EINTR)
			return 0;
		if (w > 0)
			done += w;
	}
	return n > 0;
}

static void nothing(int sig)
{
	(void)sig;
}

int main(void)
{
	int in[2], out[2], err[2], host_in, host_out, host_err, status = 0, done = 0;
	char **argv, **envp, **cwd;
	sigset_t chld, none;
	pid_t pid;

	mnt("dev", "/dev", "devtmpfs", 0, NULL);
	mnt("host", "/host", "9p", MS_RDONLY | MS_NOATIME,
	    "trans=virtio,version=9p2000.L,msize=524288,cache=loose");
	mnt("job", "/job", "9p", 0, "trans=virtio,version=9p2000.L,msize=65536,cache=none");
	job = open("/job", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	mnt("rw", "/rw", "tmpfs", 0, "mode=755,size=80%");
	mkdir("/rw/upper", 0755);
	mkdir("/rw/work", 0755);
	mnt("root", "/root", "overlay", 0, "lowerdir=/host,upperdir=/rw/upper,workdir=/rw/work");
	mnt("proc", "/root/proc", "proc", 0, NULL);
	mnt("sys", "/root/sys", "sysfs", 0, NULL);
	mnt("cgroup2", "/root/sys/fs/cgroup", "cgroup2", 0, NULL);
	put("/root/sys/fs/cgroup/cgroup.subtree_control", "+pids +memory");
	mnt("dev", "/root/dev", "devtmpfs", 0, NULL);
	mnt("devpts", "/root/dev/pts", "devpts", 0, "mode=620,ptmxmode=666,gid=5");
	mnt("shm", "/root/dev/shm", "tmpfs", 0, "mode=1777");
	mnt("run", "/root/run", "tmpfs", 0, "mode=755");
	symlink("/proc/self/fd", "/root/dev/fd");
	symlink("/proc/self/fd/0", "/root/dev/stdin");
	symlink("/proc/self/fd/1", "/root/dev/stdout");
	symlink("/proc/self/fd/2", "/root/dev/stderr");
	sethostname("lab", 3);
	loopback_up();

	host_in = port(1, O_RDONLY | O_NONBLOCK);
	host_out = port(2, O_WRONLY);
	host_err = port(3, O_WRONLY);
	argv = strings("argv");
	envp = strings("env");
	cwd = strings("cwd");

	if (chdir("/root") || mount(".", "/", NULL, MS_MOVE, NULL) || chroot(".") || chdir("/"))
		die("the new root");

	if (pipe2(in, O_CLOEXEC) || pipe2(out, O_CLOEXEC) || pipe2(err, O_CLOEXEC))
		die("pipe");

	sigemptyset(&none);
	sigemptyset(&chld);
	sigaddset(&chld, SIGCHLD);
	signal(SIGCHLD, nothing);
	signal(SIGPIPE, SIG_IGN);
	sigprocmask(SIG_BLOCK, &chld, NULL);

	pid = fork();
	if (pid < 0)
		die("fork");
	if (!pid) {
		struct rlimit files = { 1024, 1048576 };

		signal(SIGCHLD, SIG_DFL);
		signal(SIGPIPE, SIG_DFL);
		sigprocmask(SIG_SETMASK, &none, NULL);
		setrlimit(RLIMIT_NOFILE, &files);
		setsid();
		dup2(in[0], 0);
		dup2(out[1], 1);
		dup2(err[1], 2);
		if (chdir(cwd[0] ? cwd[0] : "/"))
			fprintf(stderr, "lab: %s: %s\n", cwd[0], strerror(errno));
		environ = envp;
		execvp(argv[0], argv);
		fprintf(stderr, "lab: %s: %s\n", argv[0], strerror(errno));
		_exit(errno == ENOENT ? 127 : 126);
	}
	close(in[0]);
	close(out[1]);
	close(err[1]);

	for (;;) {
		struct pollfd p[4] = {
			{ .fd = out[0], .events = POLLIN },
			{ .fd = err[0], .events = POLLIN },
			{ .fd = host_in, .events = POLLIN },
			/* closed by the reader: stop taking from the host */
			{ .fd = in[1], .events = 0 },
		};
		struct timespec now = { 0, 0 };
		pid_t reaped;
		int st, ready;

		ready = ppoll(p, 4, done ? &now : NULL, &none);
		while ((reaped = waitpid(-1, &st, WNOHANG)) > 0)
			if (reaped == pid) {
				status = WIFSIGNALED(st) ? 128 + WTERMSIG(st) : WEXITSTATUS(st);
				done = 1;
				ready = 1; /* look once more at what it left in the pipes */
			}
		if (ready <= 0) {
			if (done)
				break;
			continue;
		}
		if (out[0] >= 0 && p[0].revents && !carry(out[0], host_out)) {
			close(out[0]);
			out[0] = -1;
		}
		if (err[0] >= 0 && p[1].revents && !carry(err[0], host_err)) {
			close(err[0]);
			err[0] = -1;
		}
		if (done) {
			close(host_in);
			host_in = -1;
		}
		if (host_in >= 0 && (p[3].revents || (p[2].revents && !carry(host_in, in[1])))) {
			close(host_in);
			close(in[1]);
			host_in = in[1] = -1;
		}
	}
	off(status);
}
