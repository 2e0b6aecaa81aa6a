/* The fault that a test of the "faults" variant asks for: see fault.h. */
#include "fault.h"

#ifdef RS_FAULTS
struct rs_fault rs_fault;
#endif
