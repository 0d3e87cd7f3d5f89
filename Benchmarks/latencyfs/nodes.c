#define _GNU_SOURCE
#include "nodes.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { ROOT_NUMBER = 1, FIRST_BUCKETS = 4096 };

static struct node *root;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;  // guards the table and all counts
static struct node **buckets;
static size_t bucket_count = FIRST_BUCKETS;  // a power of two
static size_t named_count;

static void *allocate(size_t size) {
  void *memory = calloc(1, size);
  if (!memory) abort();
  return memory;
}

static size_t hash(const struct node *parent, const char *name) {
  uint64_t value = (uintptr_t)parent * 0x9E3779B97F4A7C15u;
  for (; *name; name++) value = (value ^ (unsigned char)*name) * 0x100000001b3u;  // FNV-1a
  return value ^ (value >> 29);
}

static struct node **bucket_of(const struct node *parent, const char *name) {
  return &buckets[hash(parent, name) & (bucket_count - 1)];
}

static void insert(struct node *node) {
  struct node **bucket = bucket_of(node->parent, node->name);
  node->next_in_bucket = *bucket;
  *bucket = node;
}

static void grow(void) {
  struct node **old = buckets;
  size_t old_count = bucket_count;
  bucket_count *= 2;
  buckets = allocate(bucket_count * sizeof *buckets);
  for (size_t i = 0; i < old_count; i++) {
    for (struct node *node = old[i], *next; node; node = next) {
      next = node->next_in_bucket;
      insert(node);
    }
  }
  free(old);
}

static struct node *find(const struct node *parent, const char *name) {
  struct node *node = *bucket_of(parent, name);
  while (node && (node->parent != parent || strcmp(node->name, name) != 0)) node = node->next_in_bucket;
  return node;
}

static void take_name(struct node *node) {
  if (!node->has_name) return;
  struct node **link = bucket_of(node->parent, node->name);
  while (*link != node) link = &(*link)->next_in_bucket;
  *link = node->next_in_bucket;
  node->has_name = false;
  named_count--;
}

static struct node *make(struct node *parent, const char *name, int path_fd) {
  struct node *node = allocate(sizeof *node + strlen(name) + 1);
  node->parent = parent;
  node->path_fd = path_fd;
  strcpy(node->name, name);
  return node;
}

void nodes_start(int root_fd) {
  buckets = allocate(bucket_count * sizeof *buckets);
  root = make(NULL, "", root_fd);
}

struct node *node_from_number(uint64_t number) {
  return number == ROOT_NUMBER ? root : (struct node *)(uintptr_t)number;
}

uint64_t node_number(const struct node *node) { return node == root ? ROOT_NUMBER : (uintptr_t)node; }

struct node *node_remember(struct node *parent, const char *name) {
  pthread_mutex_lock(&lock);
  struct node *node = find(parent, name);
  if (!node) {
    if (named_count == bucket_count) grow();
    node = make(parent, name, -1);
    node->has_name = true;
    parent->children++;
    named_count++;
    insert(node);
  }
  node->lookups++;
  pthread_mutex_unlock(&lock);
  return node;
}

void node_forget(struct node *node, uint64_t count) {
  if (node == root) return;
  pthread_mutex_lock(&lock);
  node->lookups -= count;
  // A parent that was forgotten before its last child goes with it.
  while (node != root && node->lookups == 0 && node->children == 0) {
    struct node *parent = node->parent;
    take_name(node);
    if (node->path_fd >= 0) close(node->path_fd);
    free(node);
    parent->children--;
    node = parent;
  }
  pthread_mutex_unlock(&lock);
}

void node_name_removed(struct node *parent, const char *name) {
  pthread_mutex_lock(&lock);
  struct node *node = find(parent, name);
  if (node) take_name(node);
  pthread_mutex_unlock(&lock);
}

int node_path_fd(struct node *directory) {
  int known = directory->path_fd;
  if (known >= 0) return known;
  int parent = node_path_fd(directory->parent);
  if (parent < 0) return -1;
  int opened = openat(parent, directory->name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  if (opened < 0) return -1;
  int none = -1;
  if (atomic_compare_exchange_strong(&directory->path_fd, &none, opened)) return opened;
  close(opened);  // another thread was faster
  return none;
}

int node_status(struct node *node, struct stat *status) {
  int flags = AT_SYMLINK_NOFOLLOW;
  if (node == root) return fstatat(root->path_fd, "", status, flags | AT_EMPTY_PATH) ? errno : 0;
  if (!node->has_name) return ENOENT;
  int parent = node_path_fd(node->parent);
  if (parent < 0) return errno;
  return fstatat(parent, node->name, status, flags) ? errno : 0;
}
