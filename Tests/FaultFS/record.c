#define _GNU_SOURCE
#include "record.h"

#include <stdio.h>

#include "text.h"

enum { PATH_ROOM = 16384, MOST_FAULTS = 20000 };

struct record_settings record_settings;
static FILE *record;
static long unlinked, removed_directories, changes;

bool record_start(uint64_t seed) {
  record = record_settings.file ? fopen(record_settings.file, "w") : stdout;
  if (!record) return perror(record_settings.file), false;
  setvbuf(record, NULL, _IOLBF, 0);
  fprintf(record, "{\"event\": \"start\", \"seed\": %lu}\n", seed);
  return true;
}

static bool is_young(const struct node *node) {
  struct timespec cutoff = record_settings.cutoff, time = node->modified;
  if (!record_settings.has_cutoff) return false;
  return time.tv_sec > cutoff.tv_sec || (time.tv_sec == cutoff.tv_sec && time.tv_nsec >= cutoff.tv_nsec);
}

static void write_path(const struct node *node) {
  char path[PATH_ROOM];
  tree_path(node, NULL, path, sizeof path);
  fputs(", \"path\": \"", record);
  text_write_escaped(record, path);
  fputc('"', record);
}

static const char *boolean(bool value) { return value ? "true" : "false"; }

static void write_facts(const struct node *node) {
  struct timespec now = wall_now();
  fprintf(record, ", \"kind\": \"%c\", \"mtime\": %ld.%09ld, \"age\": %ld", node->kind, node->modified.tv_sec,
          node->modified.tv_nsec, now.tv_sec - node->modified.tv_sec);
  fprintf(record, ", \"young\": %s, \"held\": %s, \"changed\": %s", boolean(is_young(node)),
          boolean(tree_held_since(node) != 0), boolean(node->is_changed));
  fprintf(record, ", \"size\": %ld, \"owner\": %u, \"marks\": \"%s\"", (long)node->size, node->owner, node->marks);
}

// Milliseconds since then; -1: never.
static double since(uint64_t then) { return then ? (double)(monotonic_now() - then) / 1e6 : -1; }

void record_removal(const struct node *node, int error) {
  bool is_directory = node->kind == 'D';
  if (is_directory) removed_directories++;
  else unlinked++;
  uint64_t held = tree_held_since(node);
  fprintf(record, "{\"event\": \"%s\"", is_directory ? "rmdir" : "unlink");
  write_path(node);
  write_facts(node);
  fprintf(record, ", \"born_ms\": %.3f, \"looked\": %s, \"looked_ms\": %.3f, \"held_ms\": %.3f", since(node->born),
          boolean(node->looked > node->born), since(node->looked), since(held));
  fprintf(record, ", \"answer\": \"%s\"}\n", text_errno_name(error));
}

void record_change(const char *change, const struct node *node) {
  changes++;
  fprintf(record, "{\"event\": \"change\", \"change\": \"%s\"", change);
  write_path(node);
  fputs("}\n", record);
}

void record_fault(enum operation operation, const char *path, struct fault fault) {
  static long count;
  if (!record_settings.has_faults || fault.action == NO_FAULT || count++ >= MOST_FAULTS) return;
  bool is_error = fault.action == FAIL || fault.action == FAIL_AFTER;
  fprintf(record, "{\"event\": \"fault\", \"operation\": \"%s\", \"action\": \"%s\", \"errno\": \"%s\", \"path\": \"",
          operation_names[operation], action_names[fault.action], is_error ? text_errno_name((int)fault.value) : "");
  text_write_escaped(record, path);
  fputs("\"}\n", record);
}

static void write_rest(const struct node *directory) {
  for (size_t i = 0; i < directory->count; i++) {
    const struct node *entry = directory->entries[i];
    if (!entry || entry->origin) continue;
    fputs("{\"event\": \"stays\"", record);
    write_path(entry);
    write_facts(entry);
    fputs("}\n", record);
    write_rest(entry);
  }
}

void record_end(long unanswered) {
  setvbuf(record, NULL, _IOFBF, 1 << 16);
  write_rest(tree_root());
  fprintf(record, "{\"event\": \"end\", \"unlinked\": %ld", unlinked);
  fprintf(record, ", \"removed_directories\": %ld", removed_directories);
  fprintf(record, ", \"changes\": %ld, \"unanswered\": %ld", changes, unanswered);
  for (enum operation each = 0; each < OPERATIONS; each++) {
    fprintf(record, ", \"%s\": {\"calls\": %ld, \"faults\": %ld}", operation_names[each], rules_calls_of(each),
            rules_faults_of(each));
  }
  fputs("}\n", record);
  fflush(record);
}
