// SPDX-License-Identifier: GPL-2.0
/*
 * What looks on and interferes, on the kernel that has it: audit tells of each request in the child
 * and of what it executes; Smack gives a program another label; what Landlock confines stays
 * confined in the child.
 */
#include "lib.h"
#include <linux/audit.h>
#include <linux/landlock.h>
#include <linux/netlink.h>
#include <sys/socket.h>
#include <sys/xattr.h>

/* newer than the headers of some */
#define FILTER_URING_EXIT 7

static void ask_audit(int fd, int type, const void *data, size_t len)
{
	struct {
		struct nlmsghdr header;
		char data[sizeof(struct audit_rule_data) + 64];
	} message = { .header = { .nlmsg_len = NLMSG_SPACE(len),
				  .nlmsg_type = type,
				  .nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK } };
	struct {
		struct nlmsghdr header;
		struct nlmsgerr error;
		char rest[8192];
	} answer;

	memcpy(message.data, data, len);
	CHECK(send(fd, &message, NLMSG_SPACE(len), 0) == (ssize_t)NLMSG_SPACE(len));
	do
		CHECK(recv(fd, &answer, sizeof(answer), 0) > 0);
	while (answer.header.nlmsg_type != NLMSG_ERROR);
	if (answer.error.error)
		FAIL("audit request %d: %s", type, strerror(-answer.error.error));
}

/* Is this in one of the records that have come? They come to us, as to the audit daemon. */
static int told(int fd, const char *record)
{
	static char all[1 << 20];
	static size_t length;
	struct {
		struct nlmsghdr header;
		char text[9000];
	} message;
	ssize_t n;

	while ((n = recv(fd, &message, sizeof(message), MSG_DONTWAIT)) > 0) {
		n -= sizeof(message.header);
		if (length + n + 1 > sizeof(all))
			length = 0;
		memcpy(all + length, message.text, n);
		length += n;
		all[length++] = '\n';
	}
	return !!memmem(all, length, record, strlen(record));
}

static void audit(struct ring *r)
{
	struct audit_status on = { .mask = AUDIT_STATUS_ENABLED | AUDIT_STATUS_PID,
				   .enabled = 1,
				   .pid = getpid() };
	struct audit_rule_data rule = { .flags = FILTER_URING_EXIT, .action = AUDIT_ALWAYS };
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_AUDIT), pid;
	char buf[8];

	CHECK(fd >= 0);
	memset(rule.mask, 0xff, sizeof(rule.mask));
	ask_audit(fd, AUDIT_SET, &on, sizeof(on));
	ask_audit(fd, AUDIT_ADD_RULE, &rule, sizeof(rule));

	put_clone(r, SOFT, 1);
	put_call(r, SOFT, 2, __NR_umask, 022, 0, 0, 0);
	put_exec(r, HARD, 3, "/nowhere", ARGV("x"));
	put_exec(r, 0, 4, "/bin/true", ARGV("true", "an-argument"));
	EQUAL(submit(r), 4);
	pid = result(r, 1);
	CHECK(result(r, 2) >= 0);
	RESULT(r, 3, -ENOENT);
	RESULT(r, 4, 0);
	exited(pid, 0);
	UNTIL(told(fd, "uring_op=201"));
	UNTIL(told(fd, "uring_op=202"));
	UNTIL(told(fd, "argc=2 a0=\"true\" a1=\"an-argument\""));
	CHECK(told(fd, "uring_op=201 success=no exit=-2"));
	CHECK(told(fd, "uring_op=201 success=yes exit=0"));

	/* killed in the midst of a request, and with ids that change */
	int p[2];

	CHECK(!pipe2(p, O_CLOEXEC));
	put_clone(r, SOFT, 1);
	put_call(r, SOFT, 2, __NR_setresuid, 4321, 4321, 4321, 0);
	put_read(r, SOFT, 3, p[0], buf, 1);
	put_exec(r, 0, 4, "/bin/true", ARGV("true"));
	EQUAL(submit(r), 4);
	pid = result(r, 1);
	RESULT(r, 2, 0);
	UNTIL(state(pid) == 'S');
	kill(pid, SIGKILL);
	killed(pid, SIGKILL);
	RESULT(r, 3, -EINTR);
	RESULT(r, 4, -ECANCELED);
	close(p[0]), close(p[1]);

	ask_audit(fd, AUDIT_DEL_RULE, &rule, sizeof(rule));
	on.enabled = on.pid = 0;
	ask_audit(fd, AUDIT_SET, &on, sizeof(on));
	close(fd);
}

static void smack(struct ring *r)
{
	static const char path[] = "/dev/shm/labelled";
	char text[64] = "";
	int pid, p[2];

	CHECK(!system("cp /bin/cat /dev/shm/labelled"));
	CHECK(!setxattr(path, "security.SMACK64EXEC", "Other", 5, 0));
	CHECK(!pipe2(p, O_CLOEXEC));
	put_clone(r, SOFT, 1);
	put_call(r, SOFT, 2, __NR_dup2, p[1], 1, 0, 0);
	put_exec(r, HARD, 3, "/nowhere", ARGV("x"));
	put_exec(r, 0, 4, path, ARGV("cat", "/proc/self/attr/current"));
	EQUAL(submit(r), 4);
	pid = result(r, 1);
	RESULT(r, 2, 1);
	RESULT(r, 3, -ENOENT);
	RESULT(r, 4, 0);
	exited(pid, 0);
	CHECK(read(p[0], text, sizeof(text)) >= 5 && !strncmp(text, "Other", 5));
	close(p[0]), close(p[1]);
	unlink(path);
	/* the submitter is what it was */
	EQUAL(prctl(PR_GET_DUMPABLE), 1);
}

static void confined(unsigned flags)
{
	struct landlock_ruleset_attr attr = { .handled_access_fs = LANDLOCK_ACCESS_FS_EXECUTE };
	struct landlock_path_beneath_attr usr = { .allowed_access = LANDLOCK_ACCESS_FS_EXECUTE };
	int ruleset = syscall(__NR_landlock_create_ruleset, &attr, sizeof(attr), 0), pid;
	struct ring r;

	CHECK(ruleset >= 0);
	usr.parent_fd = open("/usr", O_PATH | O_CLOEXEC);
	CHECK(!syscall(__NR_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &usr, 0));
	CHECK(!prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
	CHECK(!syscall(__NR_landlock_restrict_self, ruleset, 0));

	ring_open(&r, 8, flags);
	put_clone(&r, SOFT, 1);
	put_exec(&r, HARD, 2, "/dev/shm/tiny_true", ARGV("true"));
	put_exec(&r, 0, 3, "/usr/bin/true", ARGV("true"));
	EQUAL(submit(&r), 3);
	pid = result(&r, 1);
	RESULT(&r, 2, -EACCES);
	RESULT(&r, 3, 0);
	exited(pid, 0);
	_exit(0);
}

static void test(struct ring *r)
{
	int pid;

	if (!on_debug_kernel())
		return;
	tiny_true();
	audit(r);
	smack(r);
	pid = fork();
	if (!pid)
		confined(r->flags);
	exited(pid, 0);
}
