#define _GNU_SOURCE
#include "delays.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SLOW_NAMES = 8 };

struct slow_name {
  char name[256];
  _Atomic double ms;
};

// Settings may change while requests arrive, hence atomic.
static _Atomic double latency = 3;
static _Atomic double jitter = 0;
static _Atomic double iops = 0;  // 0: no cap
static _Atomic double by_kind[DELAYED_KINDS] = {-1, -1, -1, -1, -1, -1, -1, -1, -1};  // negative: the common latency
static struct slow_name slow_names[SLOW_NAMES];
static _Atomic int slow_name_count;
static _Atomic uint64_t next_free_slot;  // of the `iops` cap: when the next request may be answered

static bool set_slow_name(const char *value) {
  const char *colon = strrchr(value, ':');
  if (!colon || colon == value || (size_t)(colon - value) >= sizeof slow_names[0].name) return false;
  size_t length = colon - value;
  int i = 0;
  while (i < slow_name_count && (strncmp(slow_names[i].name, value, length) || slow_names[i].name[length])) i++;
  if (i == SLOW_NAMES) return false;
  slow_names[i].ms = atof(colon + 1);
  if (i == slow_name_count) {
    memcpy(slow_names[i].name, value, length);
    slow_name_count = i + 1;  // last, since requests look at the names while this runs
  }
  return true;
}

// Where a setting that is a number is kept, NULL when there is none of that name.
static _Atomic double *place_of(const char *setting) {
  static const char *const kinds[] = KIND_NAMES;
  if (strcmp(setting, "latency") == 0) return &latency;
  if (strcmp(setting, "jitter") == 0) return &jitter;
  if (strcmp(setting, "iops") == 0) return &iops;
  for (int kind = 0; kind < DELAYED_KINDS; kind++) {
    if (strcmp(setting, kinds[kind]) == 0) return &by_kind[kind];
  }
  return NULL;
}

bool delays_set(const char *setting, const char *value) {
  if (strcmp(setting, "slow-name") == 0) return set_slow_name(value);
  char *end;
  double number = strtod(value, &end);
  _Atomic double *place = place_of(setting);
  if (!place || end == value || *end || number < 0) return false;
  if (place == &jitter && number > 1) return false;
  *place = number;
  return true;
}

void delays_read(const char *path) {
  FILE *file = fopen(path, "re");
  if (!file) return;  // it may be made later
  char setting[64], value[300];
  while (fscanf(file, "%63s %299s", setting, value) == 2) {
    if (!delays_set(setting, value)) fprintf(stderr, "latencyfs: %s: no such setting: %s %s\n", path, setting, value);
  }
  fclose(file);
}

double delays_latency(void) { return latency; }

// The delay of the directory called `name`, negative when it is not a slow one.
static double slowness(const char *name) {
  for (int i = 0; i < slow_name_count; i++) {
    if (strcmp(slow_names[i].name, name) == 0) return slow_names[i].ms;
  }
  return -1;
}

// What is on or inside a slow directory is as slow as that.
static double milliseconds(enum kind kind, const struct node *node, const char *name) {
  if (slow_name_count > 0) {
    double slow = name ? slowness(name) : -1;
    if (slow < 0) slow = slowness(node->name);
    if (slow < 0 && !name && node->parent) slow = slowness(node->parent->name);
    if (slow >= 0) return slow;
  }
  double own = by_kind[kind];
  return own >= 0 ? own : latency;
}

// Between 0 and 1, by xorshift; each thread has its own sequence.
static double random_fraction(void) {
  static _Atomic uint64_t threads;
  static _Thread_local uint64_t state;
  if (state == 0) state = ++threads * 0x9E3779B97F4A7C15u;
  state ^= state << 13;
  state ^= state >> 7;
  state ^= state << 17;
  return (state >> 11) * 0x1p-53;
}

// The cap gives out one slot every 1/iops of a second.
static uint64_t take_slot(double per_second, uint64_t now) {
  uint64_t step = 1e9 / per_second, free_slot = next_free_slot, mine;
  do mine = free_slot > now ? free_slot : now;
  while (!atomic_compare_exchange_weak(&next_free_slot, &free_slot, mine + step));
  return mine;
}

uint64_t delays_due(enum kind kind, const struct node *node, const char *name, uint64_t now) {
  double ms = milliseconds(kind, node, name);
  double spread = jitter;
  if (spread > 0) ms *= 1 + spread * (2 * random_fraction() - 1);
  uint64_t due = now + (uint64_t)(ms * 1e6);
  double cap = iops;
  if (cap <= 0) return due;
  uint64_t slot = take_slot(cap, now);
  return due > slot ? due : slot;
}
