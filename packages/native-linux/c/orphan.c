/*
 * Children that no code waits for: their JavaScript environment (a worker) ended before they did,
 * or the JavaScript that had them started was cut off before it had a handle of them. They are
 * still children of this process: without a reaping, each would stay a zombie for as long as the
 * process lives.
 */
#define _GNU_SOURCE
#include <assert.h>
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

#include "orphan.h"
#include "ringspawn.h"
#include "thread.h"

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static int32_t *pidfds;
static uint32_t count, capacity;

/* Whether the fd is the pidfd of a child that still runs. If the child has ended, this reaps it. */
static int runs(int32_t fd)
{
	struct rs_exit end = { .size = sizeof(end) };

	return rs_reap(fd, &end) == 0;
}

void orphans_reap(void)
{
	/* Every spawn asks, and there is hardly ever an orphan: that takes no lock. */
	if (__atomic_load_n(&count, __ATOMIC_RELAXED) == 0)
		return;
	pthread_mutex_lock(&lock);
	for (uint32_t i = 0; i < count;) {
		if (runs(pidfds[i])) {
			i++;
			continue;
		}
		close(pidfds[i]);
		pidfds[i] = pidfds[count - 1];
		__atomic_store_n(&count, count - 1, __ATOMIC_RELAXED);
	}
	pthread_mutex_unlock(&lock);
}

void outcome_give_up(const struct rs_outcome *out)
{
	if (out->takes == 0)
		return;
	for (uint32_t i = 0; i < out->count && i < RS_MAX_SLOTS; i++) {
		if (out->ends[i].read >= 0)
			rs_close(out->ends[i].read);
		if (out->ends[i].write >= 0)
			rs_close(out->ends[i].write);
	}
	if (out->pidfd < 0)
		return;
	thread_disowns(out->pidfd);
	rs_abandon(out->pidfd);
}

int32_t rs_abandon(int32_t fd)
{
	int error = 0;

	orphans_reap();
	if (!runs(fd))
		return close(fd) == 0 ? 0 : -errno;
	pthread_mutex_lock(&lock);
	if (count == capacity) {
		int32_t *larger = realloc(pidfds, (capacity + 16) * sizeof(*pidfds));

		if (larger == NULL) {
			error = ENOMEM;
		} else {
			pidfds = larger;
			capacity += 16;
		}
	}
	if (error == 0) {
		assert(count < capacity);
		pidfds[count] = fd;
		__atomic_store_n(&count, count + 1, __ATOMIC_RELAXED);
	}
	pthread_mutex_unlock(&lock);
	if (error != 0)
		close(fd);
	return -error;
}
