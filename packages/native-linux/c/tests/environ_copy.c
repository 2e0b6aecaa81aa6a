/* executor: vfork
 * A string that the program has given to putenv grows and shrinks while the environment is copied.
 * The copy stays within its memory, which the sanitizer watches. */
#include <pthread.h>

#include "environ.h"
#include "test.h"

enum { LONG = 2000, ROUNDS = 20000 };

static char growing[LONG + 1] = "GROWING=";

static void *change(void *stop)
{
	memset(growing + 8, 'v', LONG - 8);
	while (!__atomic_load_n((int *)stop, __ATOMIC_RELAXED))
		for (int at = 8; at < LONG; at += 97) {
			__atomic_store_n(&growing[at], 0, __ATOMIC_RELAXED);
			__atomic_store_n(&growing[at], 'v', __ATOMIC_RELAXED);
		}
	return NULL;
}

int main(void)
{
	struct environ_copy copy = { 0 };
	struct rs_outcome out = { .size = sizeof(out) };
	pthread_t thread;
	int stop = 0;

	clearenv();
	CHECK(putenv(growing) == 0);
	CHECK(setenv("LAST", "1", 1) == 0);
	CHECK(pthread_create(&thread, NULL, change, &stop) == 0);
	for (int i = 0; i < ROUNDS; i++) {
		char **own = environ_duplicate(&copy, &out);

		CHECK(own != NULL);
		CHECK(strncmp(own[0], "GROWING=", 8) == 0);
		CHECK(strlen(own[0]) <= LONG);
		CHECK(strncmp("LAST=1", own[1], strlen(own[1])) == 0);
		CHECK(own[2] == NULL);
		free(own);
	}
	__atomic_store_n(&stop, 1, __ATOMIC_RELAXED);
	CHECK(pthread_join(thread, NULL) == 0);
	environ_free(&copy);
	return 0;
}
