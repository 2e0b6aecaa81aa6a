/* variant: release
 * The environment that a child inherits, also while another thread changes it. With libc's own
 * malloc, which hands out again at once what was freed. */
#include <pthread.h>

#include "test.h"

enum { STEADY = 40, CHANGING = 200, SPAWNS = 150, MANY = 3000 };

static struct req *req_env(void)
{
	struct req *r = req_show();

	r->head.flags |= RS_F_INHERIT_ENV;
	return r;
}

static void *change(void *stop)
{
	char name[32], text[256];

	for (int round = 0; !__atomic_load_n((int *)stop, __ATOMIC_RELAXED); round++) {
		for (int i = 0; i < CHANGING; i++) {
			snprintf(name, sizeof(name), "CHANGING_%d_%d", i, round % 7);
			memset(text, 'v', sizeof(text));
			text[(round * 37 + i) % 200 + 1] = 0;
			setenv(name, text, 1);
		}
		for (int i = 0; i < CHANGING; i++) {
			snprintf(name, sizeof(name), "CHANGING_%d_%d", i, round % 7);
			unsetenv(name);
		}
	}
	return NULL;
}

static void check_entries(const char *text)
{
	int steady = 0, count = atoi(value(text, "envc"));
	char key[16];

	for (int i = 0; i < count; i++) {
		const char *entry;
		int number, end = 0;

		snprintf(key, sizeof(key), "env%d", i);
		entry = value(text, key);
		if (sscanf(entry, "STEADY_%d=%n", &number, &end) == 1 && end > 0)
			steady++;
		else
			CHECK(sscanf(entry, "CHANGING_%d_%d=v%n", &number, &number, &end) == 2 &&
			      end > 0 && strspn(entry + end, "v") == strlen(entry + end));
	}
	CHECK_IS(steady, STEADY);
}

/* What nobody changes arrives once, and nothing that is no entry does. */
static void another_thread_changes_it(void)
{
	pthread_t thread;
	char name[32];
	int stop = 0;

	clearenv();
	for (int i = 0; i < STEADY; i++) {
		snprintf(name, sizeof(name), "STEADY_%d", i);
		CHECK(setenv(name, "", 1) == 0);
	}
	CHECK(pthread_create(&thread, NULL, change, &stop) == 0);
	for (int i = 0; i < SPAWNS; i++)
		check_entries(shown(req_env()));
	__atomic_store_n(&stop, 1, __ATOMIC_RELAXED);
	CHECK(pthread_join(thread, NULL) == 0);
}

static void whatever_its_length(void)
{
	char name[32];

	clearenv();
	CHECK_SHOWS(shown(req_env()), "envc", "0");
	for (int i = 0; i < MANY; i++) {
		snprintf(name, sizeof(name), "N%d", i);
		CHECK(setenv(name, "", 1) == 0);
		if (i == 0)
			CHECK_SHOWS(shown(req_env()), "env0", "N0=");
	}
	CHECK_SHOWS(shown(req_env()), "envc", "3000");
	CHECK_SHOWS(shown(req_env()), "env2999", "N2999=");
	CHECK(unsetenv("N1") == 0);
	CHECK_SHOWS(shown(req_env()), "env1", "N2=");
	CHECK_SHOWS(shown(req_env()), "envc", "2999");
}

/* The list that the kernel has made, and entries that are replaced in it. */
static void first_list(void)
{
	CHECK(getenv("RS_TEST_EXECUTOR") != NULL);
	CHECK(setenv("RS_TEST_EXECUTOR", getenv("RS_TEST_EXECUTOR"), 1) == 0);
	CHECK(strstr(shown(req_env()), "RS_TEST_EXECUTOR=") != NULL);
	CHECK(setenv("ASAN_OPTIONS", "another", 1) == 0);
	CHECK(strstr(shown(req_env()), "ASAN_OPTIONS=another\n") != NULL);
	CHECK(unsetenv("ASAN_OPTIONS") == 0);
	CHECK(strstr(shown(req_env()), "ASAN_OPTIONS=") == NULL);
}

/* What is left of a list for a moment when setenv has moved it: an entry of another life of that
 * memory. */
static void list_that_was_freed(void)
{
	/* On the stack they would be taken for the list of the kernel. */
	static char *torn[] = { (char *)(uintptr_t)24, "STEADY=1", NULL };
	static char *odd[] = { "no equals sign", "STEADY=1", NULL };
	char **before = environ;
	const char *text;
	struct rs_outcome out;
	struct req *r = req_env();

	environ = torn;
	out = spawn(r);
	environ = before;
	CHECK_FAILS(out, EAGAIN, RS_STEP_MEMORY, 0);
	/* A program may have put in what is no variable. */
	environ = odd;
	text = shown(req_env());
	environ = before;
	CHECK_SHOWS(text, "env0", "no equals sign");
	CHECK_SHOWS(text, "env1", "STEADY=1");
}

/* What the program does to its environment changes no answer. */
static void started_with(void)
{
	const char *const first = "STARTED_WITH";

	CHECK_IS(rs_started_with(first), 1);
	CHECK_IS(rs_started_with("STARTED_WIT"), 0);
	CHECK_IS(rs_started_with("STARTED_WITH="), 0);
	CHECK_IS(rs_started_with("TARTED_WITH"), 0);
	CHECK_IS(rs_started_with("LATER"), 0);
	CHECK_IS(rs_started_with(NULL), -EFAULT);
	unsetenv(first);
	setenv("LATER", "1", 1);
	CHECK_IS(rs_started_with(first), 1);
	CHECK_IS(rs_started_with("LATER"), 0);
	unsetenv("LATER");
}

int main(int argc, char **argv)
{
	int before;

	if (argc == 1) {
		setenv("STARTED_WITH", "", 1);
		execv("/proc/self/exe", (char *[]){ argv[0], "again", NULL });
		return 1;
	}
	started_with();
	engine_up();
	before = fd_count();
	first_list();
	whatever_its_length();
	another_thread_changes_it();
	list_that_was_freed();
	CHECK_IS(fd_count(), before);
	CHECK(has_no_children());
	rs_engine_close(engine);
	return 0;
}
