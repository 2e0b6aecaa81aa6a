/* executor: io_uring
 * The probe of io_uring finds that it works here, by a trial of which nothing is left. */
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
