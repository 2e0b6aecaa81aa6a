/*
 * The part of io_uring's interface that the engine uses, and the three operations of the kernel
 * patch (kernel/README.md, ABI 1). The numbers stand here because not every libc comes with
 * <linux/io_uring.h>.
 */
#ifndef RS_IO_URING_H
#define RS_IO_URING_H

#include <stddef.h>
#include <stdint.h>
#include <sys/syscall.h>

#ifndef SYS_io_uring_setup
#define SYS_io_uring_setup 425
#define SYS_io_uring_enter 426
#define SYS_io_uring_register 427
#endif

/* A kernel in which this file says 1 has the three operations, with the meaning they have here. */
#define IO_URING_SPAWN_ABI_FILE "/proc/sys/kernel/io_uring_spawn_abi"
#define IO_URING_SPAWN_ABI 1

enum { OP_READ = 22, OP_CLONE = 200, OP_EXEC = 201, OP_SPAWN_CALL = 202 };

#define CLONE_STORE_PIDFD 1u /* rw_flags of CLONE */
#define CLONE_IN_CGROUP 2u
#define CLONE_LISTED_FDS (1u << 16) /* no part of ABI 1: the probe tries it */
/* `len` of EXEC: after a hard link the search goes on for ENOENT, ENOTDIR and EACCES alone. */
#define EXEC_SEARCH 1u

#define SQE_LINK (1u << 2)
#define SQE_HARDLINK (1u << 3)

struct sqe {
	uint8_t opcode;
	uint8_t flags;
	uint16_t ioprio;
	int32_t fd;
	uint64_t off; /* addr2 of EXEC */
	uint64_t addr;
	uint32_t len;
	uint32_t rw_flags;
	uint64_t user_data;
	uint16_t buf_index;
	uint16_t personality;
	int32_t splice_fd_in;
	uint64_t addr3;
	uint64_t pad;
};

_Static_assert(sizeof(struct sqe) == 64 && offsetof(struct sqe, addr3) == 48,
	       "struct io_uring_sqe");

/* CLONE_LISTED_FDS: addr3 points to `len` of these, in ascending order. */
struct listed_fd {
	int32_t fd;   /* the number in the child, which has no other fds */
	int32_t from; /* the number in the parent */
};

struct cqe {
	uint64_t user_data;
	int32_t res;
	uint32_t flags;
};
_Static_assert(sizeof(struct cqe) == 16, "struct io_uring_cqe");

#define SETUP_R_DISABLED (1u << 6)
#define SETUP_SUBMIT_ALL (1u << 7)
#define SETUP_SINGLE_ISSUER (1u << 12)
#define SETUP_DEFER_TASKRUN (1u << 13)
#define SETUP_NO_SQARRAY (1u << 16)

#define ENTER_GETEVENTS 1u
#define ENTER_REGISTERED_RING (1u << 4)

#define REGISTER_EVENTFD 4u
#define REGISTER_RESTRICTIONS 11u
#define REGISTER_ENABLE_RINGS 12u
#define REGISTER_RING_FDS 20u
#define RESTRICTION_REGISTER_OP 0u
#define RESTRICTION_SQE_OP 1u
#define RESTRICTION_SQE_FLAGS_ALLOWED 2u

#define CQ_EVENTFD_DISABLED 1u

#define OFF_SQ_RING 0ull /* since Linux 5.4 this mapping has the CQ ring, too */
#define OFF_SQES 0x10000000ull

struct ring_restriction {
	uint16_t kind;
	uint8_t op; /* or flags */
	uint8_t pad;
	uint32_t pad2[3];
};

struct ring_number {
	uint32_t index; /* UINT32_MAX: any free one. The kernel writes which one it took */
	uint32_t pad;
	uint64_t fd;
};

struct ring_params {
	uint32_t sq_entries;
	uint32_t cq_entries;
	uint32_t flags;
	uint32_t sq_thread_cpu;
	uint32_t sq_thread_idle;
	uint32_t features;
	uint32_t wq_fd;
	uint32_t pad[3];
	struct {
		uint32_t head, tail, ring_mask, ring_entries, flags, dropped, array, pad;
		uint64_t user_addr;
	} sq;
	struct {
		uint32_t head, tail, ring_mask, ring_entries, overflow, cqes, flags, pad;
		uint64_t user_addr;
	} cq;
};
_Static_assert(sizeof(struct ring_params) == 120, "struct io_uring_params");
_Static_assert(sizeof(struct ring_restriction) == 16, "struct io_uring_restriction");
_Static_assert(sizeof(struct ring_number) == 16, "struct io_uring_rsrc_update");

#endif
