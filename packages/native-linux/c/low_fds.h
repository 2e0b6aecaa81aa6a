/* Low numbers that an engine keeps for the fds of a vfork child. */
#ifndef RS_LOW_FDS_H
#define RS_LOW_FDS_H

struct request;

/* As many as a child has standard fds. -1: not kept. */
enum { LOW_FDS = 3 };
struct low_fds {
	int kept[LOW_FDS]; /* duplicates of `filler` while they are not used */
	int used;          /* the first so many hold an fd of a child */
	int filler;
};

/* Keeps numbers, as far as there are low ones. `filler` is any fd that stays open meanwhile. */
void low_fds_open(struct low_fds *low, int filler);
void low_fds_close(struct low_fds *low);

/* Moves the sources of the request to low numbers, if some are high and all of those fit. */
void low_fds_use(struct low_fds *low, struct request *request);
/* After the birth: closes what was moved. */
void low_fds_leave(struct low_fds *low);

#endif
