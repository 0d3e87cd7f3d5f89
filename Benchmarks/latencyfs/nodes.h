#ifndef LATENCYFS_NODES_H
#define LATENCYFS_NODES_H
// The files and directories that the kernel knows of. The kernel names them by number; ours is a node's address. A node
// lives as long as the kernel remembers it (`lookups`) or a child of it lives.
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>

struct node {
  struct node *parent;  // of the root: NULL
  struct node *next_in_bucket;
  uint64_t lookups;    // how often the kernel was told of it, less what it forgot
  uint32_t children;   // nodes whose parent this is
  _Atomic int path_fd; // a directory's O_PATH descriptor once somebody needed it, else -1
  bool has_name;       // false once its name was removed: only the kernel still remembers it
  char name[];
};

// To be called once, with an O_PATH descriptor of the directory that is passed through.
void nodes_start(int root_fd);

// The node that the kernel means by this number.
struct node *node_from_number(uint64_t number);
uint64_t node_number(const struct node *node);

// The node of an entry, which the kernel is about to be told of: every call must be matched by a forget.
struct node *node_remember(struct node *parent, const char *name);
void node_forget(struct node *node, uint64_t count);

// Somebody removed this entry; one made anew under that name will be another node.
void node_name_removed(struct node *parent, const char *name);

// A descriptor to reach the directory's entries by; it stays the node's. -1 with errno when it is not to be had.
int node_path_fd(struct node *directory);

// 0 or an errno value.
int node_status(struct node *node, struct stat *status);

#endif
