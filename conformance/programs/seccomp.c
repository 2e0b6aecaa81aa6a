/*
 * seccomp MODE -- CMD [...]: becomes CMD under a real filter.
 *
 *	all         allows everything, and is a filter nevertheless
 *	container   clone3 gives ENOSYS and io_uring EPERM, as the default profiles of containers do
 *	no-signal   as container, and pidfd_send_signal gives EPERM, as older profiles have it
 *	no-pidfd    as container, and a clone with CLONE_VM | CLONE_PIDFD gives EPERM, so that
 *	            no native engine works
 *	no-chdir    whoever calls chdir is killed, as a child is then that has a cwd
 */
#define _GNU_SOURCE
#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#if defined(__x86_64__)
#define ARCH AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define ARCH AUDIT_ARCH_AARCH64
#else
#error "no other architecture is built for"
#endif

#define BOTH (CLONE_VM | 0x1000 /* CLONE_PIDFD */)
#define LOAD(field) BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, field))
#define IF_NOT(value, skip) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, value, 0, skip)
#define RETURN(value) BPF_STMT(BPF_RET | BPF_K, value)
#define REFUSE(number, error) IF_NOT(number, 1), RETURN(SECCOMP_RET_ERRNO | (error))

static struct sock_filter all[] = {
	RETURN(SECCOMP_RET_ALLOW),
};

static struct sock_filter container[] = {
	LOAD(arch),
	IF_NOT(ARCH, 6),
	LOAD(nr),
	REFUSE(SYS_clone3, ENOSYS),
	REFUSE(SYS_io_uring_setup, EPERM),
	RETURN(SECCOMP_RET_ALLOW),
	RETURN(SECCOMP_RET_KILL_PROCESS), /* another architecture's numbers mean something else */
};

static struct sock_filter no_pidfd[] = {
	LOAD(arch),
	IF_NOT(ARCH, 11),
	LOAD(nr),
	REFUSE(SYS_clone3, ENOSYS),
	REFUSE(SYS_io_uring_setup, EPERM),
	IF_NOT(SYS_clone, 4),
	LOAD(args[0]), /* the low half, on both architectures */
	BPF_STMT(BPF_ALU | BPF_AND | BPF_K, BOTH),
	REFUSE(BOTH, EPERM),
	RETURN(SECCOMP_RET_ALLOW),
	RETURN(SECCOMP_RET_KILL_PROCESS),
};

static struct sock_filter no_signal[] = {
	LOAD(arch),
	IF_NOT(ARCH, 8),
	LOAD(nr),
	REFUSE(SYS_clone3, ENOSYS),
	REFUSE(SYS_io_uring_setup, EPERM),
	REFUSE(SYS_pidfd_send_signal, EPERM),
	RETURN(SECCOMP_RET_ALLOW),
	RETURN(SECCOMP_RET_KILL_PROCESS),
};

static struct sock_filter no_chdir[] = {
	LOAD(arch),
	IF_NOT(ARCH, 4),
	LOAD(nr),
	IF_NOT(SYS_chdir, 1),
	RETURN(SECCOMP_RET_KILL_PROCESS),
	RETURN(SECCOMP_RET_ALLOW),
	RETURN(SECCOMP_RET_KILL_PROCESS),
};

int main(int argc, char **argv)
{
	struct sock_fprog program;

	if (argc < 4 || strcmp(argv[2], "--") != 0) {
		fprintf(stderr, "usage: seccomp "
				"all|container|no-signal|no-pidfd|no-chdir -- CMD [...]\n");
		return 2;
	}
	if (!strcmp(argv[1], "all")) {
		program.filter = all;
		program.len = sizeof(all) / sizeof(all[0]);
	} else if (!strcmp(argv[1], "container")) {
		program.filter = container;
		program.len = sizeof(container) / sizeof(container[0]);
	} else if (!strcmp(argv[1], "no-signal")) {
		program.filter = no_signal;
		program.len = sizeof(no_signal) / sizeof(no_signal[0]);
	} else if (!strcmp(argv[1], "no-chdir")) {
		program.filter = no_chdir;
		program.len = sizeof(no_chdir) / sizeof(no_chdir[0]);
	} else {
		program.filter = no_pidfd;
		program.len = sizeof(no_pidfd) / sizeof(no_pidfd[0]);
	}
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
	    prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) != 0) {
		perror("seccomp");
		return 3;
	}
	execvp(argv[3], argv + 3);
	perror(argv[3]);
	return 4;
}
