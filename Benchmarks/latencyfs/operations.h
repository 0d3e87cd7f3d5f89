#ifndef LATENCYFS_OPERATIONS_H
#define LATENCYFS_OPERATIONS_H
// What the file system answers: each request is queued until it is due, then done on the directory passed through.
#define FUSE_USE_VERSION 312
#include <fuse_lowlevel.h>

enum readdirplus { PLUS_NO, PLUS_AUTO, PLUS_ALWAYS };

// How long the kernel may believe what it was told, in seconds, and whether listings bring attributes.
struct caching {
  double attributes, entries;
  enum readdirplus plus;
};

extern struct caching caching;
extern const struct fuse_lowlevel_ops operations;

#endif
