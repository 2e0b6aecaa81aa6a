#ifndef RINGSPAWN_ORPHAN_H
#define RINGSPAWN_ORPHAN_H

/* Reaps the abandoned children that have ended by now. It takes no lock where there are none. */
void orphans_reap(void);

#endif
