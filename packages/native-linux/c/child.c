/* A child after its start: the signals it is sent, and how it ended. */
#define _GNU_SOURCE
#include <errno.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>

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
		return 1;
	if (ret < 0)
		return (int)ret;
	if (info.si_pid == 0)
		return 0;
	out->known = 1;
	if (info.si_code == CLD_EXITED) {
		out->code = info.si_status;
	} else {
		out->signal = info.si_status;
		out->core_dumped = info.si_code == CLD_DUMPED;
	}
	out->user_us = micros(&usage.ru_utime);
	out->system_us = micros(&usage.ru_stime);
	out->max_rss = (uint64_t)usage.ru_maxrss * 1024;
	out->voluntary_switches = (uint64_t)usage.ru_nvcsw;
	out->involuntary_switches = (uint64_t)usage.ru_nivcsw;
	out->minor_faults = (uint64_t)usage.ru_minflt;
	out->major_faults = (uint64_t)usage.ru_majflt;
	out->blocks_in = (uint64_t)usage.ru_inblock;
	out->blocks_out = (uint64_t)usage.ru_oublock;
	return 1;
}
