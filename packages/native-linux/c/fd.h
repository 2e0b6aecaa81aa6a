/* The numbers of fds that the engine gives to its caller. */
#ifndef RS_FD_H
#define RS_FD_H

/* The kernel gives a pidfd the lowest free number, and 0 to 2 are the program's. So the pidfd is
 * moved above them. Where no number is free it stays, because the child exists already. */
int pidfd_above_stdio(int pidfd);

#endif
