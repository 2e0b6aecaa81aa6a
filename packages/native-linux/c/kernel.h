/*
 * Structs and numbers of the kernel's interface that the headers of a libc may lack or spell in
 * another way. They are the same on x86-64 and arm64.
 */
#ifndef RS_KERNEL_H
#define RS_KERNEL_H

#include <stdint.h>
#include <sys/syscall.h>

#include "syscall.h" /* arch/<machine>/ */

#ifndef SYS_pidfd_send_signal
#define SYS_pidfd_send_signal 424
#endif
#ifndef SYS_clone3
#define SYS_clone3 435
#endif
#ifndef SYS_close_range
#define SYS_close_range 436
#endif
#ifndef SYS_faccessat2
#define SYS_faccessat2 439
#endif

#define KERNEL_CLONE_VM 0x00000100ull
#define KERNEL_CLONE_FILES 0x00000400ull
#define KERNEL_CLONE_PIDFD 0x00001000ull
#define KERNEL_CLONE_VFORK 0x00004000ull
#define KERNEL_CLONE_NEWTIME 0x00000080ull
#define KERNEL_CLONE_NEWNS 0x00020000ull
#define KERNEL_CLONE_NEWCGROUP 0x02000000ull
#define KERNEL_CLONE_NEWUTS 0x04000000ull
#define KERNEL_CLONE_NEWIPC 0x08000000ull
#define KERNEL_CLONE_NEWUSER 0x10000000ull
#define KERNEL_CLONE_NEWPID 0x20000000ull
#define KERNEL_CLONE_NEWNET 0x40000000ull
#define KERNEL_CLONE_CLEAR_SIGHAND 0x100000000ull /* clone3 only, as the next */
#define KERNEL_CLONE_INTO_CGROUP 0x200000000ull

#define KERNEL_CLOSE_RANGE_UNSHARE 2u
#define KERNEL_P_PIDFD 3
#define KERNEL_WALL 0x40000000 /* __WALL */
#define KERNEL_NSIG 64
#define KERNEL_SIGSET_SIZE 8
#define KERNEL_RLIM_NLIMITS 16u
#define KERNEL_RWF_NOSIGNAL 0x100
#define KERNEL_IOPRIO_WHO_PROCESS 1
#define KERNEL_PIDFD_GET_INFO 0xc040ff0b /* for a struct of 64 bytes, as Linux 6.13 has it */
#define KERNEL_PIDFD_INFO_PID 1ull
#define KERNEL_PIDFD_INFO_EXIT 8ull
#define KERNEL_CAP_KILL (1ull << 5)
#define KERNEL_SECBIT_NOROOT 1
#define KERNEL_TIOCSCTTY 0x540e
#define KERNEL_TIOCGPTPEER 0x5441

struct kernel_clone_args {
	uint64_t flags;
	uint64_t pidfd;
	uint64_t child_tid;
	uint64_t parent_tid;
	uint64_t exit_signal;
	uint64_t stack;
	uint64_t stack_size;
	uint64_t tls;
	uint64_t set_tid;
	uint64_t set_tid_size;
	uint64_t cgroup;
};
_Static_assert(sizeof(struct kernel_clone_args) == 88, "struct clone_args of Linux 5.7");

struct kernel_pidfd_info {
	uint64_t mask; /* in: what is asked for; out: what is told */
	uint64_t cgroup;
	uint32_t pid, tgid, ppid;
	uint32_t ids[8];
	int32_t exit_code; /* as wait4 gives it */
};
_Static_assert(sizeof(struct kernel_pidfd_info) == 64, "struct pidfd_info of Linux 6.13");

/* libc's struct sigaction has another layout. */
struct kernel_sigaction {
	void (*handler)(int);
	unsigned long flags;
	void (*restorer)(void);
	uint64_t mask;
};
_Static_assert(sizeof(struct kernel_sigaction) == 32, "struct sigaction of the kernel");
_Static_assert(KERNEL_NSIG == 8 * KERNEL_SIGSET_SIZE, "a set has a bit for each signal");

#endif
