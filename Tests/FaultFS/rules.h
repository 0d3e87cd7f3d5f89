#ifndef FAULTFS_RULES_H
#define FAULTFS_RULES_H
// What goes wrong: by the rules of a file, else at random. Callers hold `tree_lock`.
#include <stdbool.h>
#include <stdint.h>

enum operation { LOOKUP, GETATTR, SETATTR, OPENDIR, READDIR, UNLINK, RMDIR, OPERATIONS };
extern const char *const operation_names[];

enum action {
  NO_FAULT,
  FAIL, FAIL_AFTER, HANG, DELAY,
  // of listings
  SHORT, DOUBLED, SKIPPED, REPEATED, ENDLESS, KINDS, SLASH,
  INODES,
  // what another client does at that moment
  ROTATE, REPLACE, TOUCH, REMOVE, MOVE, PUT_HOLD,
  ACTIONS
};
extern const char *const action_names[];

struct fault {
  enum action action;
  bool is_behind;        // a change that comes behind the answer, not before it
  long value;            // an errno value, milliseconds, entries or seconds
  const char *argument;  // as written; NULL: none
};

// Faults at random, for operations that no rule speaks of.
struct random_faults {
  double chance;
  unsigned operations;  // bits
  int errors[64];
  int error_count;
  bool spares_root;     // the root itself, not its entries
};
extern struct random_faults random_faults;

// False, with a line on stderr, when the rules cannot be read.
bool rules_read(const char *file);

// False when it names no operation.
bool rules_parse_operations(char *list, unsigned *operations);

void rules_seed(uint64_t seed);
uint64_t rules_random_number(void);
bool rules_happens(double chance);

// What befalls this operation, counted. `path` is empty for the root.
struct fault rules_fault(enum operation operation, const char *path);

long rules_faults_of(enum operation operation);
long rules_calls_of(enum operation operation);

#endif
