/* The smallest child: no libc, no loader. Exits with 0. Before that, built with HELLO it
 * writes "hi", built with CLOCK=<fd> it writes there what the clock said at its first instruction (CLOCK_MONOTONIC,
 * as a struct timespec). */
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
	mov $231, %eax
	xor %edi, %edi
	syscall
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
	mov x8, #94
	mov x0, #0
	svc #0
#else
#error "no child for this architecture"
#endif
text:
	.ascii "hi\n"
	.section .note.GNU-stack, "", %progbits
