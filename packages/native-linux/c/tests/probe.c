/* executor: vfork
 * Where everything works, the probe says so, leaves nothing, and makes its trial once. */
#include <pthread.h>

#include "test.h"

static void *ask(void *unused)
{
	struct rs_probe probe = { .size = sizeof(probe) };

	(void)unused;
	CHECK_IS(rs_probe(&probe), 0);
	CHECK_IS(probe.part, RS_PROBE_OK);
	CHECK_IS(probe.error, 0);
	return NULL;
}

int main(void)
{
	struct rs_probe probe = { .size = sizeof(probe) - 4 };
	pthread_t threads[4];
	int before = fd_count();

	CHECK_IS(rs_probe(NULL), -EFAULT);
	CHECK_IS(rs_probe(&probe), -EINVAL);
	for (int i = 0; i < 4; i++)
		CHECK(pthread_create(&threads[i], NULL, ask, NULL) == 0);
	for (int i = 0; i < 4; i++)
		pthread_join(threads[i], NULL);
	CHECK(has_no_children());
	CHECK_IS(fd_count(), before);
	return 0;
}
