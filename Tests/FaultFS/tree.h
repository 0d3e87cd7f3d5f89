#ifndef FAULTFS_TREE_H
#define FAULTFS_TREE_H
// The files and directories, all in memory. Callers hold `tree_lock`. No node is ever freed: the kernel may still know
// a removed one, and a test's tree is small.
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>
#include <time.h>

struct node {
  struct node *parent;  // of the root: itself
  char *name;
  char kind;             // F file, D directory, L symbolic link, P pipe
  struct node *origin;   // of a directory that shows another one's contents, else NULL
  uint64_t number;       // st_ino
  struct timespec modified, changed;
  off_t size;
  uid_t owner;
  char *marks;           // what the tree's specification says of it, for the record
  bool is_removed;
  bool is_changed;       // made, renamed or touched by another client since the start
  uint64_t born;         // ns, by the monotonic clock: made or touched by another client; 0: not since the start
  uint64_t looked;       // when a look at its attributes was last answered; 0: never
  struct node **entries; // with holes where something was removed, so that places in a listing stay
  size_t count, room;
};

// What the server says that is not so.
struct tree_lies {
  bool random_inodes;
  bool has_directory_time;
  struct timespec directory_time;
  double clock_skew;     // of this server's clock, seconds
};

extern pthread_mutex_t tree_lock;
extern struct tree_lies tree_lies;

// Reads a specification (README.md); false, with a line on stderr, when it cannot be read.
bool tree_read(const char *file);

// Puts a directory of that name into every directory, which is that directory itself.
void tree_add_loops(const char *name);

struct node *tree_root(void);
struct node *tree_add(struct node *directory, const char *name, char kind);

// The node at this path; what is missing on the way to it becomes a directory, itself one of this kind.
struct node *tree_make(char *path, char kind);

// NULL when there is none.
struct node *tree_entry(struct node *directory, const char *name);

// The directory whose entries it shows: itself but for loops.
struct node *tree_contents(struct node *directory);

bool tree_is_empty(struct node *directory);

// Takes it from its directory.
void tree_detach(struct node *node);

// A new file under the same name, at the same place in listings; the old one is in no directory then.
struct node *tree_replace(struct node *file);
void tree_move(struct node *node, struct node *directory, const char *name);

// Written into `buffer`, cut where it is too long; with `name`, of that entry. The root's is empty.
void tree_path(const struct node *node, const char *name, char *buffer, size_t size);

void tree_status(const struct node *node, struct stat *status);
mode_t tree_type(const struct node *node);

// When a .purge-hold came into one of the directories above (ns), 1 when it stood there from the start; 0: none.
uint64_t tree_held_since(const struct node *node);

uint64_t monotonic_now(void);
struct timespec wall_now(void);

// By this server's clock, which may be wrong.
struct timespec server_now(void);

#endif
