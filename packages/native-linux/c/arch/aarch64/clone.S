/*
 * The birth of a child that shares its parent's memory. It cannot be written in C: the child returns
 * from the system call on another stack, where the caller has no frame. So it goes straight into a
 * function that never returns.
 */
	.text

/* long rs_clone3(struct kernel_clone_args *args, size_t size, void (*child)(void *), void *arg) */
	.globl	rs_clone3
	.hidden	rs_clone3
	.type	rs_clone3, %function
	.balign	16
rs_clone3:
	.cfi_startproc
	hint	#34			/* bti c */
	mov	x8, #435
	svc	#0
	cbz	x0, 1f
	ret
1:	.cfi_undefined x30		/* an unwinder of the child ends here */
	mov	x29, #0
	mov	x30, #0
	mov	x0, x3
	blr	x2
	brk	#0x1
	.cfi_endproc
	.size	rs_clone3, . - rs_clone3

/* long rs_clone(unsigned long flags, void *stack_top, int *pidfd, void (*child)(void *), void *arg) */
	.globl	rs_clone
	.hidden	rs_clone
	.type	rs_clone, %function
	.balign	16
rs_clone:
	.cfi_startproc
	hint	#34
	mov	x8, #220		/* x3, the tls, and x4, child_tid, are not read without their flags */
	svc	#0
	cbz	x0, 1f
	ret
1:	.cfi_undefined x30
	mov	x29, #0
	mov	x30, #0
	mov	x0, x4
	blr	x3
	brk	#0x1
	.cfi_endproc
	.size	rs_clone, . - rs_clone

	.section .note.GNU-stack, "", %progbits
