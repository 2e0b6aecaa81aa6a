/*
 * The birth of a child that shares its parent's memory. It cannot be written in C: the child returns
 * from the system call on another stack, where the caller has no frame. So it goes straight into a
 * function that never returns.
 */
	.text

/* long rs_clone3(struct kernel_clone_args *args, size_t size, void (*child)(void *), void *arg) */
	.globl	rs_clone3
	.hidden	rs_clone3
	.type	rs_clone3, @function
	.balign	16
rs_clone3:
	.cfi_startproc
	endbr64
	mov	%rcx, %r8		/* the system call destroys rcx */
	mov	$435, %eax
	syscall
	test	%rax, %rax
	jz	1f
	ret
1:	.cfi_undefined rip		/* an unwinder of the child ends here */
	xor	%ebp, %ebp
	mov	%r8, %rdi
	call	*%rdx
	ud2
	.cfi_endproc
	.size	rs_clone3, . - rs_clone3

/* long rs_clone(unsigned long flags, void *stack_top, int *pidfd, void (*child)(void *), void *arg) */
	.globl	rs_clone
	.hidden	rs_clone
	.type	rs_clone, @function
	.balign	16
rs_clone:
	.cfi_startproc
	endbr64
	mov	%rcx, %r9
	xor	%r10d, %r10d		/* child_tid; r8, the tls, is not read without CLONE_SETTLS */
	mov	$56, %eax
	syscall
	test	%rax, %rax
	jz	1f
	ret
1:	.cfi_undefined rip
	xor	%ebp, %ebp
	mov	%r8, %rdi
	call	*%r9
	ud2
	.cfi_endproc
	.size	rs_clone, . - rs_clone

	.section .note.GNU-stack, "", @progbits
