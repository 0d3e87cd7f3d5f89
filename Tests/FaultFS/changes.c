#define _GNU_SOURCE
#include "changes.h"

#include <stdio.h>
#include <string.h>

#include "record.h"
#include "text.h"

static const char hold_name[] = ".purge-hold";

static void put_young_in_place_of(struct node *file) {
  struct node *young = tree_replace(file);
  young->size = 1;
}

// As log rotation does it: the old file goes on under another name.
static void rotate(struct node *file) {
  char rotated[512];
  snprintf(rotated, sizeof rotated, "%s.1", file->name);
  put_young_in_place_of(file);
  tree_move(file, file->parent, rotated);
}

static void replace(struct node *file) {
  put_young_in_place_of(file);
  file->is_removed = true;
}

static void touch(struct node *file) {
  file->modified = file->changed = server_now();
  file->born = monotonic_now();
  file->is_changed = true;
}

static bool lies_in(const struct node *node, const struct node *above) {
  for (; node->parent != node; node = node->parent) {
    if (node == above) return true;
  }
  return node == above;
}

static void move_away(struct node *directory, const char *destination) {
  char *path = text_copy(destination);
  struct node *to = tree_make(path, 'D');
  if (directory == tree_root() || lies_in(to, directory) || tree_entry(to, directory->name)) return;
  record_change("move", directory);
  tree_move(directory, to, directory->name);
}

static void put_hold(struct node *directory, long age) {
  if (tree_entry(directory, hold_name)) return;
  struct node *hold = tree_add(directory, hold_name, 'F');
  hold->modified.tv_sec -= age;
  record_change("hold", hold);
}

// Each file once: a rule that always holds would else make files for ever.
static void change_file(enum action action, struct node *file) {
  if (file->kind != 'F' || file->is_changed || strcmp(file->name, hold_name) == 0) return;
  record_change(action_names[action], file);
  switch (action) {
  case ROTATE: rotate(file); break;
  case REPLACE: replace(file); break;
  case TOUCH: touch(file); break;
  default: tree_detach(file);
  }
}

void changes_make(struct fault fault, struct node *node) {
  if (fault.action < ROTATE || !node || node->is_removed) return;
  struct node *directory = tree_contents(node->kind == 'D' ? node : node->parent);
  switch (fault.action) {
  case MOVE: move_away(directory, fault.argument); break;
  case PUT_HOLD: put_hold(directory, fault.value); break;
  default: change_file(fault.action, node);
  }
}
