#ifndef FAULTFS_RECORD_H
#define FAULTFS_RECORD_H
// What really happened, one JSON object a line, each written at once. Callers hold `tree_lock`.
#include <stdbool.h>

#include "rules.h"
#include "tree.h"

struct record_settings {
  const char *file;         // NULL: standard output
  bool has_cutoff;
  struct timespec cutoff;   // what was changed then or later is young
  bool has_faults;          // whether each fault has a line
};
extern struct record_settings record_settings;

bool record_start(uint64_t seed);

// A file or directory is about to be taken from the tree; `error` is what the client will be told.
void record_removal(const struct node *node, int error);

void record_change(const char *change, const struct node *node);
void record_fault(enum operation operation, const char *path, struct fault fault);

// What is left of the tree, and the sums.
void record_end(long unanswered);

#endif
