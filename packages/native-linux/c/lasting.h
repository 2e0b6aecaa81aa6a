/* A thread that lives as long as the process. */
#ifndef RS_LASTING_H
#define RS_LASTING_H

struct request;

/* Would the death of this thread be taken for the parent's? */
int needs_process_thread(const struct request *request);

/*
 * The kernel sends a "parent died" signal when the *thread* that gave birth ends. Births that ask
 * for it are therefore done here whenever the caller is not the main thread. Runs fn(arg) and waits
 * for it. 0 or -errno. Any thread.
 */
int lasting_run(void (*fn)(void *), void *arg);

#endif
