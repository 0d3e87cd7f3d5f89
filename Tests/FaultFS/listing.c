#define _GNU_SOURCE
#include "listing.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "text.h"

enum { TIMES_DOUBLED = 3 };
static const double part_skipped = 0.3, part_doubled = 0.5, part_lied_about = 0.4;

struct listing {
  struct call *call;
  bool plus;
  char *answer;
  size_t size, used;
  long entries;
};

void entry_fill(struct node *node, struct fuse_entry_param *entry) {
  memset(entry, 0, sizeof *entry);
  entry->ino = number_of_node(node);
  entry->attr_timeout = manners.attribute_timeout;
  entry->entry_timeout = manners.entry_timeout;
  tree_status(node, &entry->attr);
}

static mode_t any_kind(void) {
  static const mode_t kinds[] = {0, S_IFDIR, S_IFREG, S_IFLNK, S_IFIFO, S_IFSOCK, S_IFCHR};
  return kinds[rules_random_number() % (sizeof kinds / sizeof *kinds)];
}

static mode_t told_kind(const struct listing *listing, const struct node *node) {
  if (listing->call->fault.action == KINDS && rules_happens(part_lied_about)) return any_kind();
  return manners.hides_kinds ? 0 : tree_type(node);
}

static uint64_t told_number(const struct listing *listing, const struct node *node) {
  return listing->call->fault.action == INODES ? rules_random_number() : node->number;
}

// False when it does not fit.
static bool put(struct listing *listing, struct node *node, const char *name, off_t next) {
  struct fuse_entry_param entry;
  entry_fill(node, &entry);
  mode_t kind = told_kind(listing, node);
  // Without a kind an answer with attributes would be no answer at all.
  if (kind || !listing->plus) entry.attr.st_mode = kind | (entry.attr.st_mode & 0777);
  entry.attr.st_ino = told_number(listing, node);
  char *at = listing->answer + listing->used;
  size_t room = listing->size - listing->used;
  size_t needed = listing->plus ? fuse_add_direntry_plus(listing->call->request, at, room, name, &entry, next)
                                : fuse_add_direntry(listing->call->request, at, room, name, &entry.attr, next);
  if (needed > room) return false;
  listing->used += needed;
  listing->entries++;
  return true;
}

static bool put_with_faults(struct listing *listing, struct node *node, off_t next) {
  enum action action = listing->call->fault.action;
  if (action == SKIPPED && rules_happens(part_skipped)) return true;
  if (action == SHORT && listing->entries >= listing->call->fault.value) return false;
  char slashed[512];
  snprintf(slashed, sizeof slashed, "../%s", node->name);
  const char *name = action == SLASH && listing->entries == 1 ? slashed : node->name;
  int times = action == DOUBLED && rules_happens(part_doubled) ? TIMES_DOUBLED : 1;
  while (times-- > 0) {
    if (!put(listing, node, name, next)) return false;
  }
  return true;
}

static void fill_from(struct listing *listing, struct node *directory, off_t offset) {
  size_t count = directory->count;
  if (count == 0) return;
  // An endless listing begins anew at its end, with offsets that grow on.
  bool is_endless = listing->call->fault.action == ENDLESS;
  size_t end = is_endless ? (size_t)offset + count : count;
  for (size_t place = (size_t)offset; place < end; place++) {
    struct node *node = directory->entries[place % count];
    if (!node) continue;
    struct node *shown = tree_entry(listing->call->node, node->name);
    if (shown && !put_with_faults(listing, shown, (off_t)place + 1)) return;
  }
}

// A short listing says at once that it is at its end.
static bool is_cut_off(const struct call *call, off_t offset) { return call->fault.action == SHORT && offset > 0; }

void listing_answer(struct call *call, size_t size, off_t offset, bool plus) {
  struct listing listing = {.call = call, .plus = plus, .answer = text_allocate(size), .size = size};
  if (call->fault.action == REPEATED) offset = 0;
  if (!is_cut_off(call, offset)) fill_from(&listing, tree_contents(call->node), offset);
  int error = call_finish(call);
  if (error) fuse_reply_err(call->request, error);
  else fuse_reply_buf(call->request, listing.answer, listing.used);
  free(listing.answer);
}
