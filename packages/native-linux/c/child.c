/* A child after its start: the signals it is sent, and how it ended. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "kernel.h"
#include "ringspawn.h"

int rs_kill(int32_t pidfd, int32_t signal)
{
	return (int)sys4(SYS_pidfd_send_signal, pidfd, signal, 0, 0);
}

static uint64_t micros(const struct timeval *time)
{
	return (uint64_t)time->tv_sec * 1000000u + (uint64_t)time->tv_usec;
}

/* `status` as wait4 gives it. */
static void tell_end(struct rs_exit *out, int status)
{
	out->known = 1;
	if (WIFSIGNALED(status)) {
		out->signal = WTERMSIG(status);
		out->core_dumped = WCOREDUMP(status) != 0;
	} else {
		out->code = WEXITSTATUS(status);
	}
}

static void tell_usage(struct rs_exit *out, const struct rusage *usage)
{
	out->has_usage = 1;
	out->user_us = micros(&usage->ru_utime);
	out->system_us = micros(&usage->ru_stime);
	out->max_rss = (uint64_t)usage->ru_maxrss * 1024;
	out->voluntary_switches = (uint64_t)usage->ru_nvcsw;
	out->involuntary_switches = (uint64_t)usage->ru_nivcsw;
	out->minor_faults = (uint64_t)usage->ru_minflt;
	out->major_faults = (uint64_t)usage->ru_majflt;
	out->blocks_in = (uint64_t)usage->ru_inblock;
	out->blocks_out = (uint64_t)usage->ru_oublock;
}

/*
 * Another part of the program has reaped the child; or the kernel itself, which does so while the
 * program ignores SIGCHLD. Since Linux 6.15 a pidfd still tells how its process ended.
 */
static int reaped_by_another(int32_t pidfd, struct rs_exit *out)
{
	struct kernel_pidfd_info info = { .mask = KERNEL_PIDFD_INFO_EXIT };

	if (sys3(SYS_ioctl, pidfd, KERNEL_PIDFD_GET_INFO, (long)&info) != 0)
		return 1;
	if (info.mask & KERNEL_PIDFD_INFO_EXIT)
		tell_end(out, info.exit_code);
	/* A process that the kernel is just about to reap is still there, and tells it later. */
	return out->known || !(info.mask & KERNEL_PIDFD_INFO_PID);
}

/* What stands in a line of a small file of procfs, or NULL. `text` takes the file. */
static const char *line_of(const char *path, const char *name, char *text, size_t size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t count;
	char *line;

	if (fd < 0)
		return NULL;
	count = read(fd, text, size - 1);
	close(fd);
	text[count > 0 ? count : 0] = 0;
	line = strstr(text, name);
	if (line == NULL)
		return NULL;
	line += strlen(name);
	line[strcspn(line, "\n")] = 0;
	return line;
}

/*
 * The numbers in a procfs that was mounted for another pid namespace are not those of here. In its
 * own namespace a thread has one number; seen from one above, it has more.
 */
static int procfs_has_our_numbers(void)
{
	char text[4096];
	const char *line = line_of("/proc/thread-self/status", "\nNSpid:\t", text, sizeof(text));

	return line != NULL && atoi(line) > 0 && strchr(line, '\t') == NULL;
}

/* The pid of a child that nobody has reaped; or -1 where it cannot be known. */
static pid_t pid_of(int32_t pidfd)
{
	struct kernel_pidfd_info info = { .mask = KERNEL_PIDFD_INFO_PID };
	char path[64], text[1024];
	const char *line;

	/* Since Linux 6.13 */
	if (sys3(SYS_ioctl, pidfd, KERNEL_PIDFD_GET_INFO, (long)&info) == 0)
		return (info.mask & KERNEL_PIDFD_INFO_PID) ? (pid_t)info.pid : -1;
	if (!procfs_has_our_numbers())
		return -1;
	snprintf(path, sizeof(path), "/proc/thread-self/fdinfo/%d", pidfd);
	line = line_of(path, "\nPid:", text, sizeof(text));
	return line == NULL ? -1 : atoi(line);
}

/* For a program that has entered a sandbox which refuses the other call. libc's own spawn makes
 * this one, so it is hardly ever refused. */
static int reap_by_pid(int32_t pidfd, struct rs_exit *out, int refused)
{
	pid_t pid = pid_of(pidfd);
	struct rusage usage;
	int status;
	long ret;

	if (pid <= 0)
		return refused;
	do
		ret = sys4(SYS_wait4, pid, (long)&status, WNOHANG | KERNEL_WALL, (long)&usage);
	while (ret == -EINTR);
	if (ret == -ECHILD)
		return reaped_by_another(pidfd, out);
	if (ret <= 0)
		return (int)ret;
	tell_end(out, status);
	tell_usage(out, &usage);
	return 1;
}

int rs_reap(int32_t pidfd, struct rs_exit *out)
{
	struct rusage usage;
	siginfo_t info;
	long ret;

	if (out == NULL)
		return -EFAULT;
	if (out->size != sizeof(*out))
		return -EINVAL;
	memset(out, 0, sizeof(*out));
	out->size = sizeof(*out);
	out->code = -1;
	info.si_pid = 0; /* stays 0 while the child runs */
	/* libc's waitid does not give the usage. */
	do
		ret = sys5(SYS_waitid, KERNEL_P_PIDFD, pidfd, (long)&info,
			   WEXITED | WNOHANG | KERNEL_WALL, (long)&usage);
	while (ret == -EINTR);
	if (ret == -ECHILD)
		return reaped_by_another(pidfd, out);
	if (ret < 0)
		return ret == -EBADF ? -EBADF : reap_by_pid(pidfd, out, (int)ret);
	if (info.si_pid == 0)
		return 0;
	out->known = 1;
	if (info.si_code == CLD_EXITED) {
		out->code = info.si_status;
	} else {
		out->signal = info.si_status;
		out->core_dumped = info.si_code == CLD_DUMPED;
	}
	tell_usage(out, &usage);
	return 1;
}
