#ifndef LATENCYFS_DELAYS_H
#define LATENCYFS_DELAYS_H
// How long the answer to a request takes.
#include <stdbool.h>
#include <stdint.h>

#include "kinds.h"
#include "nodes.h"

// Changes one setting: `latency MS`, `jitter FRACTION`, `iops N`, `slow-name NAME:MS` or `KIND MS`. False when there is
// no such setting or its value makes no sense.
bool delays_set(const char *setting, const char *value);

// Reads a control file: one setting a line, as in `latency 20`. Says on standard error what it does not understand.
void delays_read(const char *path);

// The delay of requests of no particular kind and place, in milliseconds.
double delays_latency(void);

// When a request that arrived `now` is to be answered, both in nanoseconds of CLOCK_MONOTONIC. It is for `node`, or
// for the entry `name` of it when that is not NULL.
uint64_t delays_due(enum kind kind, const struct node *node, const char *name, uint64_t now);

#endif
