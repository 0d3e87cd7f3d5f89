#ifndef LATENCYFS_TIMERS_H
#define LATENCYFS_TIMERS_H
// Runs jobs when they are due. No thread sleeps per job: a few threads have a heap each, ordered by the time due.
#include <stdbool.h>
#include <stdint.h>

struct job {
  uint64_t due;  // nanoseconds of CLOCK_MONOTONIC
  void (*run)(struct job *job);
};

uint64_t monotonic_now(void);

// To be called once. False when a thread could not be started.
bool timers_start(int threads);
void timers_add(struct job *job);
// No further job is run.
void timers_stop(void);

#endif
