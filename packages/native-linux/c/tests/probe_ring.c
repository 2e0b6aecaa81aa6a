/* executor: io_uring
 * Is io_uring_spawn here? Once for real, and nothing is left of it. */
#include "test.h"

int main(void)
{
	struct rs_probe probe = { .size = sizeof(probe) };
	int before = fd_count();

	CHECK_IS(rs_probe_io_uring(NULL), -EFAULT);
	CHECK_IS(rs_probe_io_uring(&(struct rs_probe){ .size = 4 }), -EINVAL);
	for (int i = 0; i < 2; i++) {
		CHECK_IS(rs_probe_io_uring(&probe), 0);
		CHECK_IS(probe.part, RS_PROBE_OK);
		CHECK_IS(probe.error, 0);
		CHECK_IS(fd_count(), before);
		CHECK(has_no_children());
	}
	return 0;
}
