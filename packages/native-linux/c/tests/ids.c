/* Children that change their ids, from several threads at once, beside a process of the new ids
 * that tries to look into this program's memory. Needs root. */
#include <pthread.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <time.h>

#include "test.h"

enum { THREADS = 3, SPAWNS = 60, ID = 4242 };

static const char secret[] = "only for this program's own ids";

/* What this program and the onlooker share. */
static struct {
	volatile int end, reads, looks;
} * seen;

/* A long search leaves the child some time before its exec. */
static struct req *req_with_ids(const char *program)
{
	int most = executor() == RS_EXECUTOR_IO_URING ? 200 : 2000;
	struct req *r = req_new("/nonexistent");

	for (int i = 1; i < most; i++)
		put(&r->candidates, "/nonexistent");
	put(&r->candidates, program);
	r->head.set |= RS_SET_UID | RS_SET_GID;
	r->head.uid = r->head.gid = ID;
	return r;
}

static int is_number(const char *name)
{
	return name[0] != 0 && strspn(name, "0123456789") == strlen(name);
}

/* Reads the secret out of every younger process that lets it. */
static void look_on(void)
{
	DIR *dir = opendir("/proc");
	struct dirent *entry;

	CHECK(dir != NULL);
	while ((entry = readdir(dir)) != NULL) {
		char path[300], text[sizeof(secret)] = "";
		int fd;

		if (!is_number(entry->d_name) || atoi(entry->d_name) <= getpid())
			continue;
		snprintf(path, sizeof(path), "/proc/%s/mem", entry->d_name);
		fd = open(path, O_RDONLY | O_CLOEXEC);
		if (fd < 0)
			continue;
		seen->looks++;
		if (pread(fd, text, sizeof(text), (off_t)(uintptr_t)secret) == sizeof(text) &&
		    memcmp(text, secret, sizeof(text)) == 0)
			seen->reads++;
		close(fd);
	}
	closedir(dir);
}

static pid_t start_onlooker(void)
{
	pid_t pid = fork();

	CHECK(pid >= 0);
	if (pid > 0)
		return pid;
	CHECK(setresgid(ID, ID, ID) == 0 && setresuid(ID, ID, ID) == 0);
	CHECK(prctl(PR_SET_PDEATHSIG, SIGKILL) == 0);
	while (!seen->end)
		look_on();
	_exit(0);
}

static void spawn_in(struct rs_engine *own, int i)
{
	struct rs_outcome out = { .size = sizeof(out) };
	/* Every third fails. */
	struct req *r = req_with_ids(i % 3 == 0 ? "/nonexistent" : "/bin/true");
	uint32_t len;
	char *block = req_block(r, &len);

	CHECK_IS(rs_spawn(own, block, len, &out), 0);
	CHECK_IS(out.error, i % 3 == 0 ? ENOENT : 0);
	CHECK_IS(out.step, i % 3 == 0 ? RS_STEP_FILE : RS_STEP_NONE);
	if (out.error == 0)
		CHECK_IS(finish(&out).code, 0);
	free(block);
	free(r);
}

static void *spawn_often(void *unused)
{
	struct rs_engine *own;

	CHECK_IS(rs_engine_open(&own), 0);
	for (int i = 0; i < SPAWNS; i++) {
		spawn_in(own, i);
		CHECK_IS(prctl(PR_GET_DUMPABLE), 1);
		/* A program may say so at any time, also while children of it are on their way. */
		CHECK_IS(prctl(PR_SET_DUMPABLE, 1), 0);
	}
	rs_engine_close(own);
	return unused;
}

int main(void)
{
	pthread_t threads[THREADS];
	pid_t onlooker;
	int status;

	if (geteuid() != 0)
		SKIP("it takes root to change ids");
	engine_up();
	seen = mmap(NULL, sizeof(*seen), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	CHECK(seen != MAP_FAILED);
	onlooker = start_onlooker();
	for (int i = 0; i < THREADS; i++)
		CHECK(pthread_create(&threads[i], NULL, spawn_often, NULL) == 0);
	for (int i = 0; i < THREADS; i++)
		CHECK(pthread_join(threads[i], NULL) == 0);
	seen->end = 1;
	CHECK(waitpid(onlooker, &status, 0) == onlooker);
	CHECK_IS(status, 0);
	CHECK_IS(prctl(PR_GET_DUMPABLE), 1);
	CHECK_IS(seen->reads, 0);
	/* It sees the programs themselves, which are of its own ids. */
	CHECK(seen->looks > 0);
	CHECK(has_no_children());
	rs_engine_close(engine);
	return 0;
}
