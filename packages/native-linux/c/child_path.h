/* Paths as a child follows them, followed by its parent. */
#ifndef RS_CHILD_PATH_H
#define RS_CHILD_PATH_H

#include "chain.h"

/* An O_PATH fd of what the child of this chain finds at the path, from its own cwd and inside its
 * own root; or -errno. */
int child_path_open(const struct chain *chain, const char *path);

#endif
