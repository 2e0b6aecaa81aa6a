/* Starts one program by posix_spawn, and makes no system call besides that libc's spawn does not
 * make. */
#include <spawn.h>
#include <stddef.h>
#include <sys/wait.h>

int main(void)
{
	char *argv[] = { "true", NULL }, *envp[] = { NULL };
	pid_t pid;
	int status;

	if (posix_spawn(&pid, "/bin/true", NULL, NULL, argv, envp) != 0)
		return 1;
	return waitpid(pid, &status, 0) == pid && status == 0 ? 0 : 1;
}
