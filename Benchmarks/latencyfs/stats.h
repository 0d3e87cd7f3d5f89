#ifndef LATENCYFS_STATS_H
#define LATENCYFS_STATS_H
// Counts requests, and keeps a line of what was so every 50 ms.
#include "kinds.h"

void stats_arrived(enum kind kind);
void stats_answered(enum kind kind);
// Requests that get no answer, or get it at once.
void stats_count(enum kind kind);
// Directory entries given to the kernel.
void stats_listed(long entries);

// One line of the time series; to be called by one thread only.
void stats_sample(void);
// Writes everything so far as JSON, in place of what the file held. NULL: to standard error, without the time series.
void stats_write(const char *path);

#endif
