#ifndef FAULTFS_CALLS_H
#define FAULTFS_CALLS_H
// A request from the moment it comes to its answer: the way of a fault.
#include "operations.h"
#include "rules.h"
#include "tree.h"

struct call {
  fuse_req_t request;
  struct node *node;   // whom it is about, with a name: the directory
  const char *name;    // of an entry, or NULL
  struct fault fault;
};

// Takes `tree_lock` and has done what comes before the operation: a delay, a change. False, without the lock, when the
// request was answered with an error or hangs.
bool call_begin(struct call *call, enum operation operation);

// Does what comes behind the operation, and gives the lock back; the error to answer, 0: none.
int call_finish(struct call *call);

struct node *node_of_number(fuse_ino_t number);
fuse_ino_t number_of_node(const struct node *node);

#endif
