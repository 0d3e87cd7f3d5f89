#ifndef FAULTFS_CHANGES_H
#define FAULTFS_CHANGES_H
// What another client does to the tree, of which the kernel here is not told. Callers hold `tree_lock`.
#include "rules.h"
#include "tree.h"

// Does what the fault asks for, if it is a change, to this node; NULL: there is none.
void changes_make(struct fault fault, struct node *node);

#endif
