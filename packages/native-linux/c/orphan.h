#ifndef RINGSPAWN_ORPHAN_H
#define RINGSPAWN_ORPHAN_H

struct rs_outcome;

/* Gives up what the caller has not taken of the last start: see `takes` of struct rs_outcome. */
void outcome_give_up(const struct rs_outcome *out);

/* Reaps the abandoned children that have ended by now. It takes no lock where there are none. */
void orphans_reap(void);

#endif
