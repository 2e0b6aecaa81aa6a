/* The smallest children: no libc, no loader, exit status 0. Built with
 *
 *   nothing        it exits
 *   CLOCK=<fd>     its first instructions write there what the clock says (CLOCK_MONOTONIC, a struct timespec)
 *   HELLO          it writes "hi" and a newline
 *   BLOCKS=<n>     it writes n blocks of BLOCK bytes, and exits with 1 if one was not taken whole
 *   SINK           it reads stdin to the end, BLOCK bytes at a time
 *   SLEEP          it waits for a signal */
	.globl _start
_start:
#if defined(__x86_64__)
#ifdef CLOCK
	mov $228, %eax
	mov $1, %edi
	lea -16(%rsp), %rsi
	syscall
	mov $1, %eax
	mov $CLOCK, %edi
	lea -16(%rsp), %rsi
	mov $16, %edx
	syscall
#endif
#ifdef HELLO
	mov $1, %eax
	mov $1, %edi
	lea text(%rip), %rsi
	mov $3, %edx
	syscall
#endif
#ifdef BLOCKS
	/* Pages that were never written to are all the same one, and would be copied faster than any real block. */
	mov $0x61, %eax
	lea block(%rip), %rdi
	mov $BLOCK, %ecx
	rep stosb
	mov $BLOCKS, %ebx
write:
	mov $1, %eax
	mov $1, %edi
	lea block(%rip), %rsi
	mov $BLOCK, %edx
	syscall
	cmp $BLOCK, %rax
	jne fail
	dec %ebx
	jnz write
#endif
#ifdef SINK
read:
	xor %eax, %eax
	xor %edi, %edi
	lea block(%rip), %rsi
	mov $BLOCK, %edx
	syscall
	test %rax, %rax
	js fail
	jnz read
#endif
#ifdef SLEEP
	mov $34, %eax
	syscall
#endif
	xor %edi, %edi
exit:
	mov $231, %eax
	syscall
fail:
	mov $1, %edi
	jmp exit
#elif defined(__aarch64__)
#ifdef CLOCK
	sub sp, sp, #16
	mov x8, #113
	mov x0, #1
	mov x1, sp
	svc #0
	mov x8, #64
	mov x0, #CLOCK
	mov x1, sp
	mov x2, #16
	svc #0
#endif
#ifdef HELLO
	mov x8, #64
	mov x0, #1
	adr x1, text
	mov x2, #3
	svc #0
#endif
#if defined(BLOCKS) || defined(SINK)
	adrp x19, block
	add x19, x19, :lo12:block
	ldr x20, =BLOCK
#endif
#ifdef BLOCKS
	mov x0, x19
	mov x1, x20
	mov w2, #0x61
fill:
	strb w2, [x0], #1
	subs x1, x1, #1
	b.ne fill
	ldr x21, =BLOCKS
write:
	mov x8, #64
	mov x0, #1
	mov x1, x19
	mov x2, x20
	svc #0
	cmp x0, x20
	b.ne fail
	subs x21, x21, #1
	b.ne write
#endif
#ifdef SINK
read:
	mov x8, #63
	mov x0, #0
	mov x1, x19
	mov x2, x20
	svc #0
	cmp x0, #0
	b.lt fail
	b.ne read
#endif
#ifdef SLEEP
	mov x8, #73
	mov x0, #0
	mov x1, #0
	mov x2, #0
	mov x3, #0
	svc #0
#endif
	mov x0, #0
exit:
	mov x8, #94
	svc #0
fail:
	mov x0, #1
	b exit
#else
#error "no child for this architecture"
#endif
text:
	.ascii "hi\n"
#ifdef BLOCK
	.local block
	.comm block, BLOCK, 4096
#endif
	.section .note.GNU-stack, "", %progbits
