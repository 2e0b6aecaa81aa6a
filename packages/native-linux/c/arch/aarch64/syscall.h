/* Raw system calls of arm64, without libc and without errno. They return what the kernel returns: a
 * value, or -errno. */
#ifndef RS_ARCH_SYSCALL_H
#define RS_ARCH_SYSCALL_H

static inline __attribute__((always_inline)) long sys6(long nr, long a, long b, long c, long d,
						       long e, long f)
{
	register long x8 __asm__("x8") = nr;
	register long x0 __asm__("x0") = a;
	register long x1 __asm__("x1") = b;
	register long x2 __asm__("x2") = c;
	register long x3 __asm__("x3") = d;
	register long x4 __asm__("x4") = e;
	register long x5 __asm__("x5") = f;

	__asm__ volatile("svc #0"
			 : "+r"(x0)
			 : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4), "r"(x5)
			 : "memory");
	return x0;
}

/* A spare argument costs one register move here, so the shorter calls are the longest one. */
static inline __attribute__((always_inline)) long sys5(long nr, long a, long b, long c, long d,
						       long e)
{
	return sys6(nr, a, b, c, d, e, 0);
}

static inline __attribute__((always_inline)) long sys4(long nr, long a, long b, long c, long d)
{
	return sys6(nr, a, b, c, d, 0, 0);
}

static inline __attribute__((always_inline)) long sys3(long nr, long a, long b, long c)
{
	return sys6(nr, a, b, c, 0, 0, 0);
}

static inline __attribute__((always_inline)) long sys2(long nr, long a, long b)
{
	return sys6(nr, a, b, 0, 0, 0, 0);
}

static inline __attribute__((always_inline)) long sys1(long nr, long a)
{
	return sys6(nr, a, 0, 0, 0, 0, 0);
}

static inline __attribute__((always_inline)) long sys0(long nr)
{
	return sys6(nr, 0, 0, 0, 0, 0, 0);
}

#endif
