#define _GNU_SOURCE
#include "tree.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "rules.h"
#include "text.h"

enum { FIRST_NUMBER = 1000, BLOCK = 512, DEEPEST = 8192 };

pthread_mutex_t tree_lock = PTHREAD_MUTEX_INITIALIZER;
struct tree_lies tree_lies;

static struct node *root;
static uint64_t next_number = FIRST_NUMBER;
static bool is_serving;  // no longer reading the specification

uint64_t monotonic_now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_nsec;
}

struct timespec wall_now(void) {
  struct timespec time;
  clock_gettime(CLOCK_REALTIME, &time);
  return time;
}

struct timespec server_now(void) {
  struct timespec now = wall_now();
  now.tv_sec += (time_t)tree_lies.clock_skew;
  return now;
}

// MARK: making

static struct node *make_node(struct node *parent, const char *name, char kind) {
  struct node *node = text_allocate(sizeof *node);
  node->parent = parent ? parent : node;
  node->name = text_copy(name);
  node->kind = kind;
  node->number = next_number++;
  node->modified = node->changed = server_now();
  node->marks = "";
  node->born = is_serving ? monotonic_now() : 0;
  node->is_changed = is_serving;
  return node;
}

struct node *tree_root(void) {
  if (!root) root = make_node(NULL, "", 'D');
  return root;
}

static void append(struct node *directory, struct node *node) {
  if (directory->count == directory->room) {
    directory->room = directory->room * 2 + 8;
    directory->entries = realloc(directory->entries, directory->room * sizeof *directory->entries);
    if (!directory->entries) abort();
  }
  directory->entries[directory->count++] = node;
}

struct node *tree_add(struct node *directory, const char *name, char kind) {
  struct node *node = make_node(directory, name, kind);
  append(directory, node);
  return node;
}

// The directory itself, as an entry of its own.
static struct node *add_loop(struct node *directory, const char *name) {
  struct node *loop = tree_add(directory, name, 'D');
  loop->origin = tree_contents(directory);
  loop->number = loop->origin->number;
  return loop;
}

static struct node *make_entry(struct node *directory, const char *name, char kind) {
  struct node *known = tree_entry(directory, name);
  if (known) return known;
  return kind == 'C' ? add_loop(directory, name) : tree_add(directory, name, kind);
}

struct node *tree_make(char *path, char kind) {
  struct node *node = tree_root();
  char *rest = path;
  for (char *name; (name = strsep(&rest, "/"));) {
    if (*name && strcmp(name, ".") != 0) node = make_entry(node, name, rest ? 'D' : kind);
  }
  return node;
}

void tree_add_loops(const char *name) {
  struct node *pending[DEEPEST];
  size_t count = 0;
  pending[count++] = tree_root();
  while (count) {
    struct node *directory = pending[--count];
    for (size_t i = 0; i < directory->count; i++) {
      struct node *entry = directory->entries[i];
      if (entry->kind == 'D' && !entry->origin && count < DEEPEST) pending[count++] = entry;
    }
    add_loop(directory, name);
  }
}

// MARK: the specification

// KIND PATH [TIME [SIZE [OWNER [MARKS]]]]
static bool read_line(char *line, struct timespec now) {
  enum { KIND, PATH, TIME, SIZE, OWNER, MARKS, FIELDS };
  char *fields[FIELDS];
  size_t count = text_split(line, fields, FIELDS);
  if (count == 0 || *fields[KIND] == '#') return true;
  if (count < 2 || strlen(fields[KIND]) != 1 || !strchr("FDLPC", *fields[KIND])) return false;
  struct node *node = tree_make(text_unescape(fields[PATH]), *fields[KIND]);
  if (fields[TIME]) node->modified = node->changed = text_time(fields[TIME], now);
  if (fields[SIZE]) node->size = strtoll(fields[SIZE], NULL, 10);
  if (fields[OWNER]) node->owner = (uid_t)strtoul(fields[OWNER], NULL, 10);
  if (fields[MARKS]) node->marks = text_copy(fields[MARKS]);
  return true;
}

bool tree_read(const char *name) {
  FILE *file = fopen(name, "r");
  if (!file) return perror(name), false;
  struct timespec now = wall_now();
  char *line = NULL;
  size_t size = 0;
  long number = 0;
  bool is_right = true;
  while (is_right && getline(&line, &size, file) > 0) {
    number++;
    is_right = read_line(line, now);
  }
  if (!is_right) fprintf(stderr, "%s:%ld: needed are KIND (F D L P C) and PATH\n", name, number);
  free(line);
  fclose(file);
  is_serving = true;
  return is_right;
}

// MARK: finding

struct node *tree_contents(struct node *directory) { return directory->origin ? directory->origin : directory; }

static struct node *find(const struct node *directory, const char *name) {
  for (size_t i = 0; i < directory->count; i++) {
    struct node *entry = directory->entries[i];
    if (entry && strcmp(entry->name, name) == 0) return entry;
  }
  return NULL;
}

// Inside a loop each directory is a node of its own: the kernel lets no directory have two parents.
static struct node *entry_of_loop(struct node *loop, const char *name) {
  struct node *real = find(loop->origin, name);
  if (!real || real->kind != 'D') return real;
  struct node *known = find(loop, name);
  if (known) return known;
  struct node *again = tree_add(loop, name, 'D');
  again->origin = tree_contents(real);
  again->number = again->origin->number;
  return again;
}

struct node *tree_entry(struct node *directory, const char *name) {
  return directory->origin ? entry_of_loop(directory, name) : find(directory, name);
}

bool tree_is_empty(struct node *directory) {
  struct node *contents = tree_contents(directory);
  for (size_t i = 0; i < contents->count; i++) {
    if (contents->entries[i]) return false;
  }
  return true;
}

// MARK: changing

static void touch_directory(struct node *directory) { directory->modified = directory->changed = server_now(); }

static void take_out(struct node *node) {
  struct node *directory = node->parent;
  for (size_t i = 0; i < directory->count; i++) {
    if (directory->entries[i] == node) directory->entries[i] = NULL;
  }
  touch_directory(directory);
}

static void mark_removed(struct node *node) {
  node->is_removed = true;
  for (size_t i = 0; i < node->count; i++) {
    if (node->entries[i]) mark_removed(node->entries[i]);
  }
}

void tree_detach(struct node *node) {
  take_out(node);
  mark_removed(node);
}

struct node *tree_replace(struct node *file) {
  struct node *directory = file->parent;
  struct node *other = make_node(directory, file->name, file->kind);
  for (size_t i = 0; i < directory->count; i++) {
    if (directory->entries[i] == file) directory->entries[i] = other;
  }
  touch_directory(directory);
  return other;
}

void tree_move(struct node *node, struct node *directory, const char *name) {
  char *copy = text_copy(name);  // may be the node's own
  take_out(node);
  free(node->name);
  node->name = copy;
  node->parent = directory;
  node->is_changed = true;
  append(directory, node);
  touch_directory(directory);
}

// MARK: telling

void tree_path(const struct node *node, const char *name, char *buffer, size_t size) {
  const struct node *parts[DEEPEST];
  size_t count = 0, used = 0;
  for (; node->parent != node && count < DEEPEST; node = node->parent) parts[count++] = node;
  buffer[0] = '\0';
  while (count && used < size) {
    used += (size_t)snprintf(buffer + used, size - used, "%s%s", used ? "/" : "", parts[--count]->name);
  }
  if (name && used < size) snprintf(buffer + used, size - used, "%s%s", used ? "/" : "", name);
}

mode_t tree_type(const struct node *node) {
  switch (node->kind) {
  case 'D': return S_IFDIR;
  case 'L': return S_IFLNK;
  case 'P': return S_IFIFO;
  default: return S_IFREG;
  }
}

void tree_status(const struct node *node, struct stat *status) {
  memset(status, 0, sizeof *status);
  status->st_ino = tree_lies.random_inodes ? rules_random_number() : node->number;
  status->st_mode = tree_type(node) | (node->kind == 'D' ? 0777 : 0666);
  status->st_nlink = node->kind == 'D' ? 2 : 1;
  status->st_uid = node->owner;
  status->st_size = node->kind == 'L' ? (off_t)strlen("nowhere") : node->size;
  status->st_blocks = (node->size + BLOCK - 1) / BLOCK;
  bool lies = tree_lies.has_directory_time && node->kind == 'D';
  status->st_mtim = lies ? tree_lies.directory_time : node->modified;
  status->st_ctim = node->changed;
  status->st_atim = node->modified;
}

uint64_t tree_held_since(const struct node *node) {
  uint64_t since = 0;
  for (; node->parent != node; node = node->parent) {
    const struct node *hold = find(node->parent, ".purge-hold");
    uint64_t came = !hold ? 0 : hold->born ? hold->born : 1;
    if (came && (!since || came < since)) since = came;
  }
  return since;
}
