/*
 * Another thread may change the environment at any time: a worker of Deno, or one of Node with
 * SHARE_ENV. The lock that it takes is libc's or the runtime's, and cannot be taken here. It moves
 * entries within the list, and it frees the list when it needs a longer one. So the list is read
 * twice at once, until both times gave the same, and it is read in a way that survives its end.
 *
 * The setenv of glibc frees no string, but for a moment `environ` still names the list that its
 * realloc has freed. So the entries of a list that is not known are looked at as well.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/uio.h>
#include <unistd.h>

#include "environ.h"
#include "outcome.h"
#include "ringspawn.h"

extern char **environ;

enum {
	FIRST_ROOM = 128,
	PAGE = 4096,
	/* Beside a thread that does nothing but change variables it takes about ten. */
	TRIES = 10000,
	/* After so many, an entry without a `=` is one that the program has put there. */
	DOUBTS = 100,
	/* How much of an entry is looked at, and of how many at once. */
	HEAD = 64,
	HEADS = 64
};

/*
 * The list that the kernel has made lies on the first stack, below the path of the program, and its
 * memory is never freed. Most programs keep it. At most 6 MiB of lists and strings fit there.
 */
static int is_first_list(char *const *list)
{
	return getauxval(AT_EXECFN) - (uint64_t)(uintptr_t)list < UINT64_C(8) << 20;
}

static int refused; /* process_vm_readv */

static void load(char *const *from, const char **into, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++) {
		into[i] = __atomic_load_n(&from[i], __ATOMIC_ACQUIRE);
		if (into[i] == NULL)
			break;
	}
}

/* Copies `count` pointers, or less if a NULL is among them, as often as `times` says (1 or 2). 0:
 * the list is gone. */
static int copy_pointers(char *const *from, const char **into, uint32_t count, uint32_t times)
{
	const struct iovec local = { into, (size_t)times * count * sizeof(*from) };
	const struct iovec once = { (void *)from, count * sizeof(*from) };
	const struct iovec remote[2] = { once, once };

	if (!is_first_list(from) && !__atomic_load_n(&refused, __ATOMIC_RELAXED)) {
		/* It answers EFAULT where a load would end the program. */
		ssize_t got = process_vm_readv(getpid(), &local, 1, remote, times, 0);

		if (got >= 0 || errno == EFAULT)
			return got == (ssize_t)local.iov_len;
		if (errno != ENOMEM)
			__atomic_store_n(&refused, 1, __ATOMIC_RELAXED);
	}
	for (uint32_t i = 0; i < times; i++)
		load(from, into + (size_t)i * count, count);
	return 1;
}

/* The length of the list, with its NULL. 0: the list is gone. */
static uint32_t measure(char *const *list)
{
	const char *part[PAGE / sizeof(char *)];
	uint32_t length = 0;

	for (;;) {
		char *const *from = list + length;
		uint32_t to_page_end = (uint32_t)((PAGE - (uintptr_t)from % PAGE) / sizeof(*from));

		if (!copy_pointers(from, part, to_page_end, 1))
			return 0;
		for (uint32_t i = 0; i < to_page_end; i++)
			if (part[i] == NULL)
				return length + i + 1;
		length += to_page_end;
	}
}

/* Whether the two copies are one and the same whole list. */
static int is_whole(const struct environ_copy *copy)
{
	uint32_t length = 0;

	while (length < copy->count && copy->list[length] != NULL)
		length++;
	return length + 1 == copy->count &&
	       memcmp(copy->list, copy->list + copy->count, copy->count * sizeof(*copy->list)) == 0;
}

static int make_room(struct environ_copy *copy, uint32_t count)
{
	uint32_t room = copy->room == 0 ? FIRST_ROOM : copy->room;
	const char **list;

	while (room < count)
		room *= 2;
	if (room == copy->room)
		return 1;
	list = realloc(copy->list, 3 * (size_t)room * sizeof(*list));
	if (list == NULL)
		return 0;
	copy->list = list;
	copy->room = room;
	copy->known = 0;
	return 1;
}

/* Whether the entries of the list can be read and, unless `any` will do, have a name and a `=`. */
static int are_entries(const struct environ_copy *copy, int any)
{
	for (uint32_t first = 0; first + 1 < copy->count; first += HEADS) {
		char heads[HEADS][HEAD];
		struct iovec local[HEADS], remote[HEADS];
		uint32_t count = copy->count - 1 - first;
		ssize_t size = 0;

		if (count > HEADS)
			count = HEADS;
		for (uint32_t i = 0; i < count; i++) {
			uintptr_t at = (uintptr_t)copy->list[first + i];
			size_t to_page_end = PAGE - at % PAGE;

			remote[i].iov_base = (void *)at;
			remote[i].iov_len = to_page_end < HEAD ? to_page_end : HEAD;
			local[i] = (struct iovec){ heads[i], remote[i].iov_len };
			size += (ssize_t)remote[i].iov_len;
		}
		if (process_vm_readv(getpid(), local, count, remote, count, 0) != size)
			return 0;
		for (uint32_t i = 0; i < count && !any; i++) {
			const char *equals = memchr(heads[i], '=', local[i].iov_len);
			const char *end = memchr(heads[i], 0, local[i].iov_len);

			if (end != NULL && (equals == NULL || equals > end))
				return 0;
		}
	}
	return 1;
}

/* Whether this list can be trusted, which is remembered. */
static int is_sound(struct environ_copy *copy, char *const *list, int any)
{
	const char **known = copy->list + 2 * (size_t)copy->room;
	size_t size = copy->count * sizeof(*known);

	if (is_first_list(list) || __atomic_load_n(&refused, __ATOMIC_RELAXED))
		return 1;
	if (copy->known == copy->count && memcmp(copy->list, known, size) == 0)
		return 1;
	if (!are_entries(copy, any))
		return 0;
	memcpy(known, copy->list, size);
	copy->known = copy->count;
	return 1;
}

const char **environ_read(struct environ_copy *copy, struct rs_outcome *out)
{
	/* clearenv leaves no list at all. */
	static char *const nothing[1];

	for (int i = 0; i < TRIES; i++) {
		char **now = __atomic_load_n(&environ, __ATOMIC_ACQUIRE);
		char *const *list = now != NULL ? now : nothing;

		/* At first it is taken to be as long as the last time. */
		if (i > 0 || copy->count == 0)
			copy->count = measure(list);
		if (copy->count == 0)
			continue;
		if (!make_room(copy, copy->count)) {
			fail(out, ENOMEM, RS_STEP_MEMORY, 0);
			return NULL;
		}
		if (copy_pointers(list, copy->list, copy->count, 2) && is_whole(copy) &&
		    __atomic_load_n(&environ, __ATOMIC_ACQUIRE) == now &&
		    is_sound(copy, list, i >= DOUBTS))
			return copy->list;
	}
	fail(out, EAGAIN, RS_STEP_MEMORY, 0);
	return NULL;
}

char **environ_duplicate(struct environ_copy *copy, struct rs_outcome *out)
{
	const char **list = environ_read(copy, out);
	uint32_t count;
	size_t size = 0;
	char **own, *text, *end;

	if (list == NULL)
		return NULL;
	count = copy->count - 1;
	for (uint32_t i = 0; i < count; i++)
		size += strlen(list[i]) + 1;
	own = malloc(copy->count * sizeof(char *) + size);
	if (own == NULL) {
		fail(out, ENOMEM, RS_STEP_MEMORY, 0);
		return NULL;
	}
	text = (char *)&own[copy->count];
	end = text + size;
	for (uint32_t i = 0; i < count; i++) {
		/* A string that was given to putenv may have grown meanwhile. It gets what is left,
		 * but for the ends of those behind it. */
		size_t length = strnlen(list[i], (size_t)(end - text) - (count - i));

		own[i] = text;
		memcpy(text, list[i], length);
		text[length] = 0;
		text += length + 1;
	}
	own[count] = NULL;
	return own;
}

int rs_started_with(const char *name)
{
	char *entry = NULL;
	size_t length, room = 0;
	int answer = 0;
	FILE *file;

	if (name == NULL)
		return -EFAULT;
	length = strlen(name);
	/* The kernel shows the memory that it has laid the variables into. */
	file = fopen("/proc/self/environ", "re");
	if (file == NULL)
		return -errno;
	while (answer == 0 && getdelim(&entry, &room, 0, file) >= 0)
		answer = strncmp(entry, name, length) == 0 && entry[length] == '=';
	/* Only the end of the file says that there is none. */
	if (answer == 0 && !feof(file))
		answer = -errno;
	free(entry);
	fclose(file);
	return answer;
}

void environ_free(struct environ_copy *copy)
{
	free(copy->list);
	*copy = (struct environ_copy){ 0 };
}
