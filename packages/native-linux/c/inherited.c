/* What a child inherits from this process at its birth, as one number. */
#define _GNU_SOURCE
#include <errno.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "kernel.h"
#include "ringspawn.h"

/* Works on whole words, because this runs each time a prespawned child is used. Every operation can
 * be undone, so two states that differ in one word have different hashes. */
static uint64_t mix(uint64_t hash, const void *words, size_t size)
{
	for (size_t at = 0; at < size; at += sizeof(uint64_t)) {
		uint64_t word;

		memcpy(&word, (const uint8_t *)words + at, sizeof(word));
		hash = (hash ^ word) * 0x9e3779b97f4a7c15ull;
		hash ^= hash >> 32;
	}
	return hash;
}

static int mix_groups(uint64_t *hash)
{
	/* Most processes have few groups, and need no memory for them. */
	gid_t few[256], *ids = few;
	int count = getgroups(sizeof(few) / sizeof(*few), few);

	if (count < 0) {
		count = getgroups(0, NULL);
		ids = malloc(((size_t)count + 1) * sizeof(*ids));
		if (ids == NULL)
			return -ENOMEM;
		count = getgroups(count, ids);
	}
	if (count > 0) {
		if (count % 2 != 0)
			ids[count] = 0;
		*hash = mix(*hash, ids, ((size_t)count + 1) / 2 * sizeof(uint64_t));
	}
	*hash = mix(*hash, &(uint64_t){ (uint64_t)count }, sizeof(uint64_t));
	if (ids != few)
		free(ids);
	return 0;
}

int rs_inherited_hash(uint64_t *out)
{
	struct {
		uid_t uid[3];
		gid_t gid[3];
		int nice, io, policy;
		struct sched_param sched;
		struct rlimit limits[KERNEL_RLIM_NLIMITS];
		cpu_set_t cpus;
		struct {
			uint64_t dev, ino;
		} places[2];
	} self;
	struct stat place;

	_Static_assert(sizeof(self) % sizeof(uint64_t) == 0, "whole words");
	if (out == NULL)
		return -EFAULT;
	memset(&self, 0, sizeof(self));
	getresuid(&self.uid[0], &self.uid[1], &self.uid[2]);
	getresgid(&self.gid[0], &self.gid[1], &self.gid[2]);
	self.nice = getpriority(PRIO_PROCESS, 0);
	self.io = (int)syscall(SYS_ioprio_get, KERNEL_IOPRIO_WHO_PROCESS, 0);
	self.policy = sched_getscheduler(0);
	sched_getparam(0, &self.sched);
	/* libc's getrlimit calls prlimit64, which takes longer, because it looks up the process. */
	for (uint32_t resource = 0; resource < KERNEL_RLIM_NLIMITS; resource++)
		syscall(SYS_getrlimit, resource, &self.limits[resource]);
	sched_getaffinity(0, sizeof(self.cpus), &self.cpus);
	for (int i = 0; i < 2; i++) {
		if (stat(i == 0 ? "/" : ".", &place) != 0)
			continue;
		self.places[i].dev = place.st_dev;
		self.places[i].ino = place.st_ino;
	}
	*out = mix(0, &self, sizeof(self));
	return mix_groups(out);
}
