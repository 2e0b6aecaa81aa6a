/* SPDX-License-Identifier: GPL-2.0 */
/* What a program can make others wait for: pages of memory and files that it is the one to bring.
 */
#ifndef WAITS_H
#define WAITS_H

#include "lib.h"
#include <linux/fuse.h>
#include <linux/userfaultfd.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/mount.h>

/* A page that is brought by whoever has the fd that is returned. */
static inline int faults_of(void *page, int flags)
{
	/* poll() of one that may block is an error at once */
	int fd = syscall(__NR_userfaultfd, O_CLOEXEC | O_NONBLOCK | flags);
	struct uffdio_register reg = { .range = { (uintptr_t)page, 4096 },
				       .mode = UFFDIO_REGISTER_MODE_MISSING };

	CHECK(fd >= 0);
	CHECK(!ioctl(fd, UFFDIO_API, &(struct uffdio_api){ .api = UFFD_API }));
	CHECK(!ioctl(fd, UFFDIO_REGISTER, &reg));
	return fd;
}

static inline void *one_page(void)
{
	void *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	CHECK(page != MAP_FAILED);
	return page;
}

/* A file system whose server says hello and then no more. Returns the server's end. */
static inline int silent_fuse(const char *mountpoint)
{
	struct {
		struct fuse_out_header header;
		struct fuse_init_out init;
	} answer = { 0 };
	char request[FUSE_MIN_READ_BUFFER], options[64];
	struct pollfd p = { open("/dev/fuse", O_RDWR | O_CLOEXEC | O_NONBLOCK), POLLIN, 0 };

	CHECK(p.fd >= 0);
	mkdir(mountpoint, 0755);
	snprintf(options, sizeof(options), "fd=%d,rootmode=40000,user_id=0,group_id=0", p.fd);
	CHECK(!mount("silent", mountpoint, "fuse", 0, options));
	CHECK(poll(&p, 1, 10000) == 1);
	CHECK(read(p.fd, request, sizeof(request)) > 0);
	answer.header.len = sizeof(answer);
	answer.header.unique = ((struct fuse_in_header *)request)->unique;
	answer.init.major = FUSE_KERNEL_VERSION;
	answer.init.minor = FUSE_KERNEL_MINOR_VERSION;
	answer.init.max_write = 4096;
	CHECK(write(p.fd, &answer, sizeof(answer)) == sizeof(answer));
	return p.fd;
}

#endif
