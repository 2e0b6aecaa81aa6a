/* A ring for each thread that spawns by io_uring. */
#ifndef RS_POSIX_THREAD_RING_H
#define RS_POSIX_THREAD_RING_H

struct uring;

/* To be called once, before the first thread_ring. 0: no thread can have a ring. */
int thread_ring_init(void);
/* This thread's ring, which is opened at its first call and closed when the thread ends. NULL: the
 * thread has none and can have none. */
struct uring *thread_ring(void);

#endif
