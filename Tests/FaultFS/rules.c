#define _GNU_SOURCE
#include "rules.h"

#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "text.h"

const char *const operation_names[] = {"lookup", "getattr", "setattr", "opendir", "readdir", "unlink", "rmdir", NULL};
const char *const action_names[] = {
    "none", "errno", "errno-after", "hang", "delay", "short", "doubled", "skipped", "repeated", "endless", "kinds",
    "slash", "inodes", "rotate", "replace", "touch", "remove", "move", "hold", NULL};

enum when { ALWAYS, NTH, FIRST, AFTER, BY_CHANCE };
static const char *const when_names[] = {"always", "nth", "first", "after", "p", NULL};

struct rule {
  unsigned operations;
  char *glob;
  enum when when;
  double number;
  long seen;
  struct fault fault;
};

struct random_faults random_faults = {.operations = ~0u};
static struct rule *rules;
static size_t rule_count;
static long calls[OPERATIONS], faults[OPERATIONS];
static uint64_t state = 1;

// MARK: chance

// splitmix64 turns neighbouring seeds into unlike states; 0 must not be one.
void rules_seed(uint64_t seed) {
  uint64_t mixed = seed + 0x9E3779B97F4A7C15u;
  mixed = (mixed ^ (mixed >> 30)) * 0xBF58476D1CE4E5B9u;
  mixed = (mixed ^ (mixed >> 27)) * 0x94D049BB133111EBu;
  state = (mixed ^ (mixed >> 31)) | 1;
}

uint64_t rules_random_number(void) {
  state ^= state << 13;
  state ^= state >> 7;
  state ^= state << 17;
  return state;
}

bool rules_happens(double chance) { return (double)(rules_random_number() >> 11) / (double)(1ull << 53) < chance; }

// MARK: reading

bool rules_parse_operations(char *list, unsigned *operations) {
  *operations = 0;
  char *rest = list;
  for (char *name; (name = text_next_item(&rest));) {
    int place = text_place(operation_names, name);
    if (place >= 0) *operations |= 1u << place;
    else if (strcmp(name, "any") == 0) *operations = ~0u;
    else return false;
  }
  return *operations != 0;
}

// `always`, `nth=N`, `first=N`, `after=N` or `p=CHANCE`.
static bool parse_when(char *text, struct rule *rule) {
  char *number = text;
  char *name = strsep(&number, "=");
  int place = text_place(when_names, name);
  if (place < 0 || (place != ALWAYS && !number)) return false;
  rule->when = (enum when)place;
  rule->number = number ? strtod(number, NULL) : 0;
  return true;
}

static long value_of(enum action action, const char *argument) {
  if (!argument) return action == SHORT ? 3 : 0;
  if (action == FAIL || action == FAIL_AFTER) return text_errno(argument);
  return action == PUT_HOLD ? (long)text_seconds(argument) : atol(argument);
}

static bool needs_argument(enum action action) {
  return action == FAIL || action == FAIL_AFTER || action == DELAY || action == MOVE;
}

static bool parse_action(char *name, const char *argument, struct fault *fault) {
  int place = text_place(action_names, name);
  char *suffix = strrchr(name, '-');
  if (place < 0 && suffix && strcmp(suffix, "-behind") == 0) {
    *suffix = '\0';
    fault->is_behind = true;
    place = text_place(action_names, name);
    if (place < ROTATE) return false;
  }
  if (place <= NO_FAULT) return false;
  fault->action = (enum action)place;
  if (needs_argument(fault->action) && !argument) return false;
  fault->argument = argument ? text_copy(argument) : NULL;
  fault->value = value_of(fault->action, argument);
  return (fault->action != FAIL && fault->action != FAIL_AFTER) || fault->value > 0;
}

// OPERATIONS GLOB WHEN ACTION [ARGUMENT]
static bool read_line(char *line) {
  enum { OPERATION, GLOB, WHEN, ACTION, ARGUMENT, FIELDS };
  char *fields[FIELDS];
  size_t count = text_split(line, fields, FIELDS);
  if (count == 0 || *fields[OPERATION] == '#') return true;
  struct rule rule = {0};
  if (count < 4 || !rules_parse_operations(fields[OPERATION], &rule.operations) || !parse_when(fields[WHEN], &rule) ||
      !parse_action(fields[ACTION], fields[ARGUMENT], &rule.fault)) return false;
  rule.glob = text_copy(text_unescape(fields[GLOB]));
  rules = realloc(rules, (rule_count + 1) * sizeof *rules);
  if (!rules) abort();
  rules[rule_count++] = rule;
  return true;
}

bool rules_read(const char *name) {
  FILE *file = fopen(name, "r");
  if (!file) return perror(name), false;
  char *line = NULL;
  size_t size = 0;
  long number = 0;
  bool is_right = true;
  while (is_right && getline(&line, &size, file) > 0) {
    number++;
    is_right = read_line(line);
  }
  if (!is_right) fprintf(stderr, "%s:%ld: needed are OPERATIONS GLOB WHEN ACTION [ARGUMENT]\n", name, number);
  free(line);
  fclose(file);
  return is_right;
}

// MARK: choosing

// A glob of `.` is the root; `*` goes across slashes.
static bool matches(const struct rule *rule, enum operation operation, const char *path) {
  if (!(rule->operations >> operation & 1)) return false;
  return strcmp(rule->glob, ".") == 0 ? !*path : fnmatch(rule->glob, path, 0) == 0;
}

static bool is_due(const struct rule *rule) {
  switch (rule->when) {
  case NTH: return rule->seen == (long)rule->number;
  case FIRST: return rule->seen <= (long)rule->number;
  case AFTER: return rule->seen > (long)rule->number;
  case BY_CHANCE: return rules_happens(rule->number);
  default: return true;
  }
}

static struct fault by_rule(enum operation operation, const char *path) {
  for (size_t i = 0; i < rule_count; i++) {
    if (!matches(&rules[i], operation, path)) continue;
    rules[i].seen++;
    if (is_due(&rules[i])) return rules[i].fault;
  }
  return (struct fault){.action = NO_FAULT};
}

static struct fault at_random(enum operation operation, const char *path) {
  struct fault none = {.action = NO_FAULT};
  if (!(random_faults.operations >> operation & 1) || (!*path && random_faults.spares_root)) return none;
  if (random_faults.error_count == 0 || !rules_happens(random_faults.chance)) return none;
  uint64_t place = rules_random_number() % (uint64_t)random_faults.error_count;
  return (struct fault){.action = FAIL, .value = random_faults.errors[place]};
}

struct fault rules_fault(enum operation operation, const char *path) {
  calls[operation]++;
  struct fault fault = by_rule(operation, path);
  if (fault.action == NO_FAULT) fault = at_random(operation, path);
  if (fault.action != NO_FAULT) faults[operation]++;
  return fault;
}

long rules_faults_of(enum operation operation) { return faults[operation]; }
long rules_calls_of(enum operation operation) { return calls[operation]; }
