/*
 * ringspawn.h - the one C ABI of the native engine.
 *
 * Two bindings use it: napi.cc (Node) and a plain dlopen (bun:ffi, Deno.dlopen). Both load the same
 * objects, so nothing here may need more than integers and pointers to plain memory.
 *
 * Every function that can fail returns a value >= 0, or -errno. C owns numbers (fds, order of
 * steps, memory, errno) and never makes a sentence. Every struct that a caller fills begins with
 * its own size, so that an older caller and a newer library notice each other.
 *
 * An rs_engine and an rs_loop belong to the thread that opened them: one pair for each JavaScript
 * environment. A function that any thread may call says so.
 */
#ifndef RINGSPAWN_H
#define RINGSPAWN_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define RS_API __attribute__((visibility("default")))

/* This number goes up whenever a struct, a name or the meaning of a field changes. */
#define RS_ABI 8u

/* The most fds that a request may redirect. */
#define RS_MAX_SLOTS 256u
/* The most bytes of a request block. The kernel refuses more than 6 MiB of argv and envp (3/4 of
 * _STK_LIM) anyway; the rest is for candidates and tables. A longer block fails as in the kernel:
 * with ENAMETOOLONG at the step of a path, or with E2BIG at RS_STEP_FILE. */
#define RS_MAX_REQUEST (16u * 1024u * 1024u)

/*
 * Every step that a spawn can fail at, in four groups: the parent's work, the steps of a chain,
 * exec, and the steps that packages/posix-spawn alone has.
 *
 * Two rules are part of the ABI:
 * - RS_STEP_CLOSE_FDS is "closeFds" in TypeScript, and so on: the name in camel case.
 * - The second group stands in the order in which a chain has its steps (chain.c says why in that
 *   order). A step that is put in between renumbers those behind it, and so raises RS_ABI.
 */
enum rs_step {
	RS_STEP_NONE = 0,

	/* The parent, before the birth and at it. */
	RS_STEP_REQUEST = 1, /* the block is malformed, which is a bug in the caller: EINVAL */
	RS_STEP_MEMORY = 2,  /* no memory for the arena or the stack */
	RS_STEP_STDIO = 3,   /* a pipe, file or fd of slot `index` could not be had */
	RS_STEP_CGROUP = 4,  /* the cgroup directory could not be opened, or refused the child */
	RS_STEP_BIRTH = 5,   /* clone itself: EAGAIN, ENOMEM, ... */

	/* The chain, in order. */
	RS_STEP_NAMESPACES = 16,           /* unshare, or CLONE_NEW* at the birth */
	RS_STEP_SESSION = 17,              /* setsid */
	RS_STEP_PROCESS_GROUP = 18,        /* setpgid */
	RS_STEP_FDS = 19,                  /* dup3 or F_SETFD for slot `index` */
	RS_STEP_CONTROLLING_TERMINAL = 20, /* TIOCSCTTY */
	RS_STEP_LIMITS = 21,               /* prlimit64 of limits[index] */
	RS_STEP_PRIORITY = 22,             /* setpriority */
	RS_STEP_IO_PRIORITY = 23,          /* ioprio_set */
	RS_STEP_AFFINITY = 24,             /* sched_setaffinity */
	RS_STEP_SCHEDULER = 25,            /* sched_setscheduler */
	RS_STEP_UMASK = 26,                /* umask, which cannot fail */
	RS_STEP_ROOT = 27,                 /* chroot */
	RS_STEP_CWD = 28,                  /* chdir */
	RS_STEP_GROUPS = 29,               /* setgroups */
	RS_STEP_GID = 30,                  /* setresgid */
	RS_STEP_UID = 31,                  /* setresuid */
	RS_STEP_DIE_WITH_PARENT = 32,      /* PR_SET_PDEATHSIG; ESRCH: the parent had died before */
	RS_STEP_NO_NEW_PRIVILEGES = 33,    /* PR_SET_NO_NEW_PRIVS */
	RS_STEP_CLOSE_FDS = 34,            /* close_range over gap `index` between the targets */
	RS_STEP_SIGNALS = 35,              /* rt_sigaction of signal `index` */
	RS_STEP_MASK = 36,                 /* rt_sigprocmask */

	/* Exec. */
	RS_STEP_FILE = 48, /* candidates[index] could not be executed */
	RS_STEP_INTERPRETER =
		49, /* candidates[index] is there, and its loader or #! program is not */

	/* The preload library, whose chains have their steps in the program's order. */
	RS_STEP_OPEN = 64,      /* open at a given number */
	RS_STEP_FOREGROUND = 65 /* TIOCSPGRP of the child's own group */
};

enum rs_executor { RS_EXECUTOR_VFORK = 1, RS_EXECUTOR_IO_URING = 2 };

enum rs_slot_kind {
	RS_SLOT_NULL = 0,     /* /dev/null, read and write */
	RS_SLOT_FD = 1,       /* `fd` of the parent */
	RS_SLOT_PIPE_IN = 2,  /* a new pipe the child reads; the parent gets the writing end */
	RS_SLOT_PIPE_OUT = 3, /* a new pipe the child writes; the parent gets the reading end */
	RS_SLOT_FILE = 4,   /* `path`, opened by the parent with open_flags | O_CLOEXEC and mode */
	RS_SLOT_SOCKET = 5, /* one end of a new pair of AF_UNIX stream sockets; the parent gets the
			       other */
	RS_SLOT_PTY = 6     /* the terminal's side of a new pseudo-terminal, of `rows` and `cols`
			       unless one is 0. All PTY slots of a request have the same one, and
			       have equal flags and sizes; the parent gets the other side with the
			       first of them. It is nobody's controlling terminal unless
			       RS_SET_CONTROLLING_TERMINAL makes it the child's. */
};

/* `flags` of a slot */
enum rs_slot_flags {
	/* PIPE_IN, PIPE_OUT, SOCKET and PTY: the parent's end is one fd that blocks. */
	RS_SLOT_RAW = 1u << 0,
	/*
	 * FD: the fd is the child's from now on. Once the process was started (of rs_queue: once
	 * the last news says so) it is closed in the parent, who must not close it meanwhile; after
	 * a failure it stays open. It is 3 or more, and no other slot names it.
	 */
	RS_SLOT_GIVEN = 1u << 1
};

/* `flags` of a request. Each has its line in request.c, which does not compile without it. */
enum rs_flag {
	RS_F_INHERIT_ENV = 1u << 0,    /* the caller's environ as it is now; `envp` must be empty */
	RS_F_SHELL_FALLBACK = 1u << 1, /* ENOEXEC: run the candidate by /bin/sh, as execvp does */
	RS_F_KEEP_FDS = 1u << 2, /* fds that no slot names stay open, unless they are CLOEXEC */
	RS_F_SESSION = 1u << 3,
	RS_F_NO_NEW_PRIVILEGES = 1u << 4
};

/* `set` of a request: which of its plain fields were given. Each has its check in request.c, which
 * does not compile without it. */
enum rs_set {
	RS_SET_PROCESS_GROUP = 1u << 0,
	RS_SET_CONTROLLING_TERMINAL = 1u << 1,
	RS_SET_UID = 1u << 2,
	RS_SET_GID = 1u << 3,
	RS_SET_GROUPS = 1u << 4, /* tells an empty list from none */
	RS_SET_UMASK = 1u << 5,
	RS_SET_PRIORITY = 1u << 6,
	RS_SET_IO_PRIORITY = 1u << 7,
	RS_SET_SCHEDULER = 1u << 8,
	RS_SET_CGROUP_FD = 1u << 9,
	RS_SET_DIE_WITH_PARENT = 1u << 10
};

/* `count` items, `offset` bytes from the start of the block. An empty span is {0, 0}. */
struct rs_span {
	uint32_t offset;
	uint32_t count;
};

struct rs_slot {
	int32_t target;      /* the fd number in the child, >= 0; each at most once, ascending */
	uint32_t kind;       /* enum rs_slot_kind */
	uint32_t flags;      /* enum rs_slot_flags */
	int32_t fd;          /* RS_SLOT_FD: the parent's fd */
	uint32_t path;       /* RS_SLOT_FILE: string offset */
	uint32_t open_flags; /* RS_SLOT_FILE: O_* */
	uint32_t mode;       /* RS_SLOT_FILE: for O_CREAT, before the umask */
	uint16_t rows;       /* RS_SLOT_PTY, as the next */
	uint16_t cols;
	uint32_t buffer; /* RS_SLOT_SOCKET: bytes that each end buffers of what it sends, as
			    SO_SNDBUF takes them; 0: as the system has it */
};

/* `set` of a limit: which of its values were given; the other stays as it is */
enum rs_limit_set { RS_LIMIT_SOFT = 1u << 0, RS_LIMIT_HARD = 1u << 1 };

struct rs_limit {
	uint32_t resource; /* RLIMIT_* */
	uint32_t set;      /* enum rs_limit_set */
	uint64_t soft;     /* UINT64_MAX: unlimited */
	uint64_t hard;
};

/*
 * The request block: this header, then what its spans and string offsets point to, in any order and
 * all of it inside `len` bytes. Strings end in NUL inside the block; offset 0 means that a string
 * is not given. Spans of structs begin at multiples of 8, spans of u32 at multiples of 4. The block
 * is copied before anything else is done with it, so the caller's memory may change during the
 * call.
 */
struct rs_request {
	uint32_t size;     /* sizeof(struct rs_request) */
	uint32_t abi;      /* RS_ABI */
	uint32_t executor; /* enum rs_executor */
	uint32_t flags;
	uint32_t set;
	uint32_t namespaces;       /* CLONE_NEW* bits */
	struct rs_span candidates; /* u32 string offsets: the paths that exec tries; >= 1 */
	struct rs_span argv;       /* u32 string offsets; >= 1 */
	struct rs_span envp;       /* u32 string offsets, "K=V" */
	struct rs_span slots;      /* struct rs_slot */
	struct rs_span limits;     /* struct rs_limit */
	struct rs_span groups;     /* u32 */
	struct rs_span affinity;   /* bytes of a cpu mask, cpu 0 in bit 0 of byte 0; empty: none */
	uint32_t cwd;              /* string offset */
	uint32_t root;             /* string offset; the child's cwd is then `cwd`, or "/" */
	uint32_t cgroup;           /* string offset: path of a cgroup v2 directory */
	int32_t cgroup_fd;
	int32_t process_group;        /* 0: a new group, led by the child */
	int32_t controlling_terminal; /* an fd of the child, after the redirections */
	uint32_t uid;
	uint32_t gid;
	uint32_t umask;
	int32_t priority;     /* nice value, -20 ... 19 */
	uint32_t io_priority; /* as ioprio_set(2) takes it: class << 13 | level */
	int32_t sched_policy; /* SCHED_* */
	int32_t sched_priority;
	uint32_t die_signal; /* 1 ... 64 */
	/* Sets of signals, with signal n in bit n - 1. */
	uint64_t signals_default; /* reset to the default action if the parent ignores them */
	uint64_t signals_ignore;  /* ignored when the program starts */
	uint64_t signal_mask;     /* blocked when the program starts */
};

/*
 * The parent's ends of a slot, -1 where there is none; CLOEXEC, and the caller's to close. A pipe
 * has one of the two. A socket and the first PTY have both: two fds of one open file, so that each
 * can be waited for and closed by itself. All are O_NONBLOCK, but for those of RS_SLOT_RAW: such a
 * slot has one fd, which stands in `read` unless it can only be written.
 */
struct rs_end {
	int32_t read;
	int32_t write;
};

/* A pseudo-terminal that was opened without a process. All are CLOEXEC, and the caller's to close.
 */
struct rs_terminal {
	uint32_t size; /* sizeof(struct rs_terminal), set by the caller */
	int32_t read;  /* this and the next as in struct rs_end */
	int32_t write;
	int32_t terminal; /* the terminal's side, which blocks: for RS_SLOT_FD of any process */
};

/* What a terminal makes of what goes through it: the flags of termios(3). */
struct rs_terminal_mode {
	uint32_t size; /* sizeof(struct rs_terminal_mode), set by the caller */
	uint32_t input;
	uint32_t output;
	uint32_t control;
	uint32_t local;
};

/* What came of a spawn. */
struct rs_outcome {
	uint32_t size;  /* sizeof(struct rs_outcome), set by the caller */
	uint32_t takes; /* 1, set by the caller, who puts -1 in the place of each fd that it has
			   taken. What is left of them where the outcome is used again is given up:
			   ends are closed, and the child is abandoned (rs_abandon). So nothing is
			   lost where the caller was cut off behind the birth. 0: nothing is given
			   up */
	int32_t error;  /* 0, or the errno (positive) with which `step` failed */
	uint32_t step;  /* enum rs_step; RS_STEP_NONE when it worked */
	uint32_t index; /* which one of several: slot, limit, signal or candidate */
	int32_t pid;    /* -1 after a failure */
	int32_t pidfd;  /* CLOEXEC; the caller owns it; -1 after a failure */
	uint32_t count; /* of slots whose `ends` were filled in; 0 after a failure */
	struct rs_end ends[RS_MAX_SLOTS];
};

/* How a child ended. */
struct rs_exit {
	uint32_t size;
	int32_t known;  /* 0: another part of the program reaped it, or the kernel, which does so
			   where SIGCHLD is ignored, so only its end is known. Since Linux 6.15
			   the pidfd tells how it ended all the same, but not what it used */
	int32_t code;   /* exit code, or -1 */
	int32_t signal; /* the signal that killed it, or 0 */
	int32_t core_dumped;
	int32_t has_usage; /* 0: what follows is not known */
	uint64_t user_us;  /* microseconds, from rusage */
	uint64_t system_us;
	uint64_t max_rss; /* bytes; known-gaps.ts says what vfork does to it */
	uint64_t voluntary_switches;
	uint64_t involuntary_switches;
	uint64_t minor_faults;
	uint64_t major_faults;
	uint64_t blocks_in;
	uint64_t blocks_out;
};

/* What failed first in the trial spawn of an executor. */
enum rs_probe_part {
	RS_PROBE_OK = 0,
	RS_PROBE_CLONE = 1,       /* neither clone3 nor clone gave a child */
	RS_PROBE_PIDFD = 2,       /* no usable pidfd: waitid(P_PIDFD) or epoll refused it */
	RS_PROBE_MEMORY = 3,      /* the child did not share memory (gVisor, WSL1, qemu-user) */
	RS_PROBE_CLOSE_RANGE = 4, /* no close_range(2): a kernel before 5.9, or a sandbox */
	RS_PROBE_SIGNAL = 5,      /* no pidfd_send_signal(2): of either executor */

	RS_PROBE_NO_SPAWN_ABI = 16, /* /proc/sys/kernel/io_uring_spawn_abi could not be read */
	RS_PROBE_SPAWN_ABI = 17,    /* that file names another ABI, which is `error` */
	RS_PROBE_RING = 18,         /* no io_uring, or none with these flags and restrictions */
	RS_PROBE_CHAIN = 19         /* the trial chain did not come as far as its exec */
};

struct rs_probe {
	uint32_t size;
	uint32_t part;  /* enum rs_probe_part */
	int32_t error;  /* its errno; 0 if the call worked and did the wrong thing */
	int32_t clone3; /* vfork: 0, or the errno with which clone3 was refused (clone(2) serves) */
};

/* What became of a start that rs_queue or rs_prespawn queued. A start has one row or two. */
struct rs_started {
	uint32_t ticket;
	uint32_t over; /* 1: the last row, which says whether the program runs */
	int32_t error; /* as in rs_outcome, with the next two */
	uint32_t step;
	uint32_t index;
	int32_t pid;   /* 0: there never was a child */
	int32_t pidfd; /* CLOEXEC and the caller's, in the first row with a pid; else -1. The child
			  is the caller's to reap, also after a failure */
	uint32_t pad;
};

/* One line of a chain, for people (`ringspawn explain`). */
struct rs_explained {
	uint32_t step; /* enum rs_step; RS_STEP_BIRTH first, RS_STEP_FILE rows last */
	uint32_t index;
	int64_t args[3]; /* the numbers of its system call, in the order of the call */
};

enum rs_ready { RS_READABLE = 1u << 0, RS_WRITABLE = 1u << 1 };

struct rs_event {
	uint32_t token; /* as given to rs_loop_watch; 0 of rs_loop_alarm */
	uint32_t ready; /* enum rs_ready; a hang-up or error counts as both */
};

struct rs_engine;
struct rs_loop;

/* What an environment waits and spawns with. The caller sets `size`. */
struct rs_opened {
	uint32_t size;
	int32_t socket; /* of rs_loop_start_fd */
	struct rs_engine *engine;
	struct rs_loop *turning; /* the notifier waits for this one */
	struct rs_loop *blocking;
};

/* RS_ABI of this library, which a caller compares before anything else. Any thread. */
RS_API uint32_t rs_abi(void);

/* 1: the environment that this program was started with has a variable of this name, whatever
 * setenv and unsetenv have done since. 0: it has none. -errno: that cannot be known. Any thread. */
RS_API int rs_started_with(const char *name);

/* Makes one trial spawn by the vfork executor. The answer is kept for the process. Any thread. */
RS_API int rs_probe(struct rs_probe *out);
/* The same for the io_uring executor. */
RS_API int rs_probe_io_uring(struct rs_probe *out);

RS_API int rs_engine_open(struct rs_engine **out);
RS_API void rs_engine_close(struct rs_engine *engine);

/*
 * Starts a process, and blocks the calling thread until the child has exec'd or failed. 0:
 * out->error says whether the program runs. -EINVAL, -EFAULT: `out` itself cannot be used. After a
 * failure nothing is left: no fd, no child, no zombie; and the program never ran.
 */
RS_API int rs_spawn(struct rs_engine *engine, const void *block, uint32_t len,
		    struct rs_outcome *out);

/*
 * Queues the start of a process by io_uring, without waiting for it. rs_submit submits it, together
 * with all that were queued since the last one, and says what became of it. Returns the start's
 * ticket, which is above 0; or 0, where the start has failed already and `out` says why. The
 * parent's ends are in `out` at once, the pid is not.
 *
 * -EOPNOTSUPP: a chain cannot express the request, and rs_spawn can: RS_F_SHELL_FALLBACK, and
 * RS_SET_DIE_WITH_PARENT in a thread that may end before the process does.
 */
RS_API int rs_queue(struct rs_engine *engine, const void *block, uint32_t len,
		    struct rs_outcome *out);

enum rs_ring {
	RS_RING_STARTS = 0,   /* of rs_queue */
	RS_RING_PRESPAWNS = 1 /* of rs_prespawn */
};

/* Submits what is queued in a ring and fills rows with what is new, as many as fit. Returns their
 * number. Never waits. `clear`: 1 when it is called because the notify fd was readable. */
RS_API int rs_submit(struct rs_engine *engine, uint32_t ring, uint32_t clear,
		     struct rs_started *out, uint32_t capacity);

/* The fd that becomes readable when rs_submit has something new. It belongs to the engine. -ENOENT:
 * nothing has been queued in this ring yet. */
RS_API int rs_notify_fd(const struct rs_engine *engine, uint32_t ring);

/*
 * Queues the start of a child that is set up and then waits for its program, which rs_prespawn_exec
 * gives to it. Of the block's argv, envp and cwd nothing is used. Of its candidates only the number
 * (up to 64) is used, which the program's own may not exceed. `release` is the target of a slot
 * that gives the child an eventfd, on which the child waits. No slot may be RS_SLOT_GIVEN, because
 * it is not known whether the child is ever used. rs_submit first tells of the child; its last row
 * comes when the child has got its program or was killed.
 */
RS_API int rs_prespawn(struct rs_engine *engine, const void *block, uint32_t len, uint32_t release,
		       struct rs_outcome *out);
/*
 * Gives a prespawned child the candidates, argv, envp and cwd of this block, all of which must be
 * there (nothing else of it is looked at), and releases the child by a write to `release_fd`, the
 * parent's fd of its eventfd. 0; -ESRCH: the child is gone or has a program; -E2BIG: a list or a
 * path is longer than what was prepared; -EINVAL: the block is malformed.
 */
RS_API int rs_prespawn_exec(struct rs_engine *engine, uint32_t ticket, int32_t release_fd,
			    const void *block, uint32_t len);
/* An eventfd for rs_prespawn: CLOEXEC, and the caller's to close. */
RS_API int rs_eventfd(void);
/*
 * What a child inherits from this process at its birth, as one number that differs when any of it
 * does: ids, groups, limits, priority, I/O priority, scheduler, affinity, root, working directory.
 * The umask and the dispositions of signals are left out, because asking for them is not cheap.
 */
RS_API int rs_inherited_hash(uint64_t *out);

/* Writes at most `capacity` lines, and returns how many the chain has. Starts and opens nothing. */
RS_API int rs_explain(struct rs_engine *engine, const void *block, uint32_t len,
		      struct rs_explained *out, uint32_t capacity);

/* Sends a signal through the pidfd, so that a recycled pid is never hit. -ESRCH: the process is
 * gone. Any thread. */
RS_API int rs_kill(int32_t pidfd, int32_t signal);

/* 1: the child has ended, is reaped, and `out` is filled. 0: it still runs. -EBADF: the fd is no
 * pidfd any more. Another -errno: a sandbox refuses every call that would tell. No other child is
 * reaped. Any thread. */
RS_API int rs_reap(int32_t pidfd, struct rs_exit *out);

/* read(2), write(2) and close(2) with -errno. What a signal interrupts goes on. A write that nobody
 * reads raises no SIGPIPE. Any thread. */
RS_API int32_t rs_read(int32_t fd, void *into, uint32_t len);
RS_API int32_t rs_write(int32_t fd, const void *from, uint32_t len);
RS_API int32_t rs_close(int32_t fd);

/* 1: no process has the other end of this pipe, socket or terminal open any more. 0: one has.
 * -EBADF: this is no open fd. */
RS_API int32_t rs_hung_up(int32_t fd);

/* As rs_write, for what may be a socket. */
RS_API int32_t rs_send(int32_t fd, const void *from, uint32_t len);
/* As rs_close, for one of the two fds of a socket: its other end sees the end of what was sent, or
 * may not send any more, while the second fd goes on. */
RS_API int32_t rs_shutdown_write(int32_t fd);
RS_API int32_t rs_shutdown_read(int32_t fd);
/*
 * Opens a pseudo-terminal of this size, 1 to 65535 each, which is nobody's controlling terminal.
 * With a size of its own a request's RS_SLOT_PTY does the same. The fds are closed with this
 * engine's environment, where rs_thread_open has opened it.
 */
RS_API int rs_terminal_open(const struct rs_engine *engine, uint32_t rows, uint32_t cols,
			    struct rs_terminal *out);
/* The next three take an fd of either side. -ENOTTY: it is no terminal. Any thread. */
RS_API int rs_terminal_resize(int32_t fd, uint32_t rows, uint32_t cols);
RS_API int rs_terminal_get_mode(int32_t fd, struct rs_terminal_mode *out);
/* What the kernel does not have of these flags it leaves out, without an error. */
RS_API int rs_terminal_set_mode(int32_t fd, const struct rs_terminal_mode *mode);

/* An fd of the engine becomes the program's own: it is not closed with its environment any more. */
RS_API int32_t rs_release(int32_t fd);

/* Closes an fd that the engine gave to an environment which has ended. The pidfd of a child that
 * still runs is kept: a later call of this or of rs_spawn reaps the child, which would else stay a
 * zombie. Any thread. */
RS_API int32_t rs_abandon(int32_t fd);

/* The one way to wait for children and pipes: an epoll set in which every watch is one-shot. Where
 * there is no loop each call answers -EFAULT, or does nothing. */
RS_API int rs_loop_open(struct rs_loop **out);
RS_API void rs_loop_close(struct rs_loop *loop);
/* `token`: any but UINT32_MAX */
RS_API int rs_loop_watch(struct rs_loop *loop, int32_t fd, uint32_t ready, uint32_t token);
/* Has to come before close(fd): a child that has not exec'd yet would keep the watch alive. */
RS_API int rs_loop_forget(struct rs_loop *loop, int32_t fd);
/* Takes up to `capacity` events and returns their number. Waits `timeout_ms` for the first (0: not
 * at all, -1: without end). EINTR is retried. */
RS_API int rs_loop_take(struct rs_loop *loop, struct rs_event *out, uint32_t capacity,
			int32_t timeout_ms);
/* An event with the token 0 comes in `ms` milliseconds, once. A later call takes the place of an
 * earlier one. */
RS_API int rs_loop_alarm(struct rs_loop *loop, uint32_t ms);
/* The milliseconds of a clock that nobody sets, to reckon with. Any thread. */
RS_API int rs_now(double *ms);
/* The fd that is readable while something can be taken, for a runtime that watches fds in its own
 * thread. It belongs to the loop. */
RS_API int rs_loop_fd(const struct rs_loop *loop);
/*
 * For a runtime that can only read from sockets: starts a thread that waits for the epoll set and
 * takes its events. From then on rs_loop_take gives what the thread has taken, never waits, and
 * makes a system call only to wake a thread that rests because its owner was busy. When there is
 * something new, and the last byte was answered by an rs_loop_take, a byte comes on the socket that
 * is returned (CLOEXEC, O_NONBLOCK, and the caller's to close). Who gets `capacity` events has to
 * ask again, for there may be no byte for the rest.
 */
RS_API int rs_loop_start_fd(struct rs_loop *loop);

/*
 * Opens an environment that the end of this thread closes, for runtimes that end one without
 * running any of its JavaScript. All of it is one call, because they may do so between any two.
 * When the thread ends, the engine, its loops and the `socket` (unless the runtime has closed it)
 * are closed, and every fd is abandoned that the engine gave and that rs_close did not close in
 * this thread. The initial thread of a program never ends in this sense. 0 or -errno: then nothing
 * is open.
 */
RS_API int rs_thread_open(struct rs_opened *out);
/* Does so now for the environment of this engine, but leaves its `socket`, which hangs up. -ENOENT:
 * this thread has no such environment. */
RS_API int rs_thread_close(struct rs_engine *engine);
/*
 * For runtimes that have one JavaScript environment after another in a thread. `began` tells which
 * one runs now, by the time when it began. What others have opened in this thread is closed as at
 * the thread's end. 0 or -errno: then nothing is.
 */
RS_API int rs_thread_entered(const double *began);

#ifdef __cplusplus
}
#endif
#endif
