#define _GNU_SOURCE
#include <pthread.h>
#include <sys/mman.h>

#include "posix_hooks.h"
#include "thread_ring.h"

static pthread_key_t key;

/*
 * Whose the ring is. The kernel empties this page in a forked child, which thus never takes the
 * ring for its own. A vfork child of the program sees the page, and has another thread id.
 */
struct ring_page {
	long owner;
	struct uring *uring;
};
static __thread struct ring_page *own_page __attribute__((tls_model("initial-exec")));

static void thread_ends(void *arg)
{
	struct ring_page *page = arg;

	if (page->owner == sys0(SYS_gettid))
		uring_close(page->uring);
	own_page = NULL;
	munmap(page, sizeof(*page));
}

int thread_ring_init(void)
{
	return pthread_key_create(&key, thread_ends) == 0;
}

struct uring *thread_ring(void)
{
	long self = sys0(SYS_gettid);
	struct ring_page *page = own_page;

	if (page != NULL && page->owner == self)
		return page->uring;
	/* The memory is another thread's: this is a vfork child of the program. */
	if (page != NULL && page->owner != 0)
		return NULL;
	if (page == NULL) {
		page = mmap(NULL, sizeof(*page), PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		if (page == MAP_FAILED)
			return NULL;
		if (madvise(page, sizeof(*page), MADV_WIPEONFORK) != 0 ||
		    pthread_setspecific(key, page) != 0) {
			munmap(page, sizeof(*page));
			return NULL;
		}
		own_page = page;
	}
	page->uring = uring_open_hidden();
	if (page->uring == NULL)
		return NULL;
	page->owner = self;
	return page->uring;
}
