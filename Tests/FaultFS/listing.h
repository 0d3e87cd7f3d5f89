#ifndef FAULTFS_LISTING_H
#define FAULTFS_LISTING_H
// One answer to a request to list a directory, with the faults that only listings have.
#include "calls.h"

// Answers the request, for which `call_begin` has said true.
void listing_answer(struct call *call, size_t size, off_t offset, bool plus);

// What the kernel is told of an entry.
void entry_fill(struct node *node, struct fuse_entry_param *entry);

#endif
