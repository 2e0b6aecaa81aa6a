/*
 * Fault injection for the C tests. With -DRS_FAULTS, the step `rs_fault.step` (its item
 * `rs_fault.index`) is not done and fails with `rs_fault.error`. A step of several system calls
 * asks before each of them: `rs_fault.after` of them are done. Without it fault() is always 0.
 */
#ifndef RS_FAULT_H
#define RS_FAULT_H

#include "ringspawn.h"

#ifdef RS_FAULTS
struct rs_fault {
	uint32_t step;
	uint32_t index;
	int error;
	uint32_t after;
};

RS_API extern struct rs_fault rs_fault;

static inline __attribute__((always_inline)) int fault(uint32_t step, uint32_t index)
{
	if (rs_fault.error == 0 || rs_fault.step != step || rs_fault.index != index)
		return 0;
	if (rs_fault.after == 0)
		return rs_fault.error;
	rs_fault.after--;
	return 0;
}
#else
static inline __attribute__((always_inline)) int fault(uint32_t step, uint32_t index)
{
	(void)step;
	(void)index;
	return 0;
}
#endif

#endif
