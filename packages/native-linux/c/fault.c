/* The fault that a test of the variant "faults" asks for; fault.h says how. */
#include "fault.h"

#ifdef RS_FAULTS
struct rs_fault rs_fault;
#endif
