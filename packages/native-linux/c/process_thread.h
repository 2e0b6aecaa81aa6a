/* The process thread: one thread that lives as long as the process. */
#ifndef RS_PROCESS_THREAD_H
#define RS_PROCESS_THREAD_H

struct request;

/* Whether the child is to die with its parent, and this thread may end before the process does. */
int needs_process_thread(const struct request *request);

/*
 * Runs fn(arg) in the process thread and waits for its end. 0 or -errno. Any thread.
 *
 * The kernel sends the signal of PR_SET_PDEATHSIG when the *thread* ends that made the child. So a
 * child that asks for it is made here, unless the caller is the initial thread.
 */
int process_thread_run(void (*fn)(void *), void *arg);

#endif
