/* The engine's own fds. */
#ifndef RS_FD_H
#define RS_FD_H

/* The kernel took the lowest number. Without another one the low one must do: the child runs
 * already. */
int pidfd_above_stdio(int pidfd);

#endif
