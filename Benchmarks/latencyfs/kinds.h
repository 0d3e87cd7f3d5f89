#ifndef LATENCYFS_KINDS_H
#define LATENCYFS_KINDS_H

// What is counted apart. Each but the last two is answered after a delay, which may be set for each kind.
enum kind {
  LOOKUP, GETATTR, SETATTR, READDIR, UNLINK, RMDIR, OPEN, OPENDIR, OTHER,
  DELAYED_KINDS,
  FORGET = DELAYED_KINDS, RELEASE,
  KINDS
};

#define KIND_NAMES {"lookup", "getattr", "setattr", "readdir", "unlink", "rmdir", "open", "opendir", "other", \
                    "forget", "release"}

#endif
