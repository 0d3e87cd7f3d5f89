#ifndef FAULTFS_OPERATIONS_H
#define FAULTFS_OPERATIONS_H
// What the kernel asks and is answered, with faults.
#define FUSE_USE_VERSION 312
#include <fuse3/fuse_lowlevel.h>
#include <stdbool.h>

enum readdirplus { PLUS_NO, PLUS_AUTO, PLUS_ALWAYS };

struct manners {
  double entry_timeout, attribute_timeout;  // seconds that the kernel may believe names and attributes
  enum readdirplus plus;
  bool hides_kinds;     // listings tell no kinds
  long delay;           // of everything, in milliseconds
};
extern struct manners manners;
extern const struct fuse_lowlevel_ops operations;

// Answers what was left to hang, so that the processes that wait for it can end; how many those were.
long operations_answer_the_hung(void);

#endif
