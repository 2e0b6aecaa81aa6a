// SPDX-License-Identifier: GPL-2.0
/* An exec that fails when the old program is gone already: the child dies, and no further candidate
 * is tried. */
#include "lib.h"
#include <elf.h>

static void test(struct ring *r)
{
	/* loadable as far as anybody looks before the point of no return; but no address is as high
	 * as this one */
	struct {
		Elf64_Ehdr e;
		Elf64_Phdr p[1];
	} elf = {
		.e = {
			.e_ident = { 0x7f, 'E', 'L', 'F', ELFCLASS64, ELFDATA2LSB, EV_CURRENT },
			.e_type = ET_EXEC,
			.e_machine = EM_X86_64,
			.e_version = EV_CURRENT,
			.e_entry = 0x7fffffff0000,
			.e_phoff = sizeof(Elf64_Ehdr),
			.e_ehsize = sizeof(Elf64_Ehdr),
			.e_phentsize = sizeof(Elf64_Phdr),
			.e_phnum = 1,
		},
		.p = { {
			.p_type = PT_LOAD,
			.p_flags = PF_R | PF_X,
			.p_vaddr = 0x7ffffffff000,
			.p_filesz = sizeof(elf),
			.p_memsz = 1ull << 46,
			.p_align = 4096,
		} },
	};
	char dir[] = "/tmp/noreturn.XXXXXX", prog[64];
	int pid, fd, status, res;

	CHECK(mkdtemp(dir));
	snprintf(prog, sizeof(prog), "%s/prog", dir);
	fd = open(prog, O_WRONLY | O_CREAT | O_CLOEXEC, 0755);
	CHECK(write(fd, &elf, sizeof(elf)) == sizeof(elf));
	close(fd);

	/* that it is such a program: execve kills, too */
	pid = fork();
	if (!pid) {
		execl(prog, "prog", NULL);
		_exit(0);
	}
	status = reap(pid);
	CHECK(WIFSIGNALED(status));
	int sig = WTERMSIG(status);

	put_clone(r, HARD, 1);
	put_exec(r, HARD, 2, prog, ARGV("prog"));
	put_call(r, HARD, 3, __NR_umask, 0, 0, 0, 0);
	put_exec(r, 0, 4, "/bin/true", ARGV("true"));
	EQUAL(submit(r), 4);
	pid = result(r, 1);
	res = result(r, 2);
	CHECK(res < 0 && res > -512);
	RESULT(r, 3, -ECANCELED);
	RESULT(r, 4, -ECANCELED);
	killed(pid, sig);
	unlink(prog);
	rmdir(dir);
}
