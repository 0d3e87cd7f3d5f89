#define _GNU_SOURCE
#include "calls.h"

#include <errno.h>
#include <stdlib.h>
#include <time.h>

#include "changes.h"
#include "record.h"
#include "text.h"

enum { PATH_ROOM = 16384 };

static fuse_req_t *hung;
static size_t hung_count;

struct node *node_of_number(fuse_ino_t number) {
  return number == FUSE_ROOT_ID ? tree_root() : (struct node *)(uintptr_t)number;
}

fuse_ino_t number_of_node(const struct node *node) {
  return node == tree_root() ? FUSE_ROOT_ID : (fuse_ino_t)(uintptr_t)node;
}

static void leave_hanging(fuse_req_t request) {
  hung = realloc(hung, (hung_count + 1) * sizeof *hung);
  if (!hung) abort();
  hung[hung_count++] = request;
}

long operations_answer_the_hung(void) {
  pthread_mutex_lock(&tree_lock);
  long count = (long)hung_count;
  while (hung_count) fuse_reply_err(hung[--hung_count], ENOTCONN);
  pthread_mutex_unlock(&tree_lock);
  return count;
}

static void sleep_unlocked(long milliseconds) {
  struct timespec time = {milliseconds / 1000, milliseconds % 1000 * 1000000};
  pthread_mutex_unlock(&tree_lock);
  nanosleep(&time, NULL);
  pthread_mutex_lock(&tree_lock);
}

static struct node *subject(const struct call *call) {
  return call->name ? tree_entry(call->node, call->name) : call->node;
}

static struct fault choose_fault(const struct call *call, enum operation operation) {
  char path[PATH_ROOM];
  tree_path(call->node, call->name, path, sizeof path);
  struct fault fault = rules_fault(operation, path);
  record_fault(operation, path, fault);
  return fault;
}

bool call_begin(struct call *call, enum operation operation) {
  pthread_mutex_lock(&tree_lock);
  if (manners.delay) sleep_unlocked(manners.delay);
  call->fault = choose_fault(call, operation);
  if (call->fault.action == DELAY) sleep_unlocked(call->fault.value);
  if (!call->fault.is_behind) changes_make(call->fault, subject(call));
  if (call->fault.action == HANG) leave_hanging(call->request);
  bool goes_on = call->fault.action != FAIL && call->fault.action != HANG;
  if (!goes_on) pthread_mutex_unlock(&tree_lock);
  if (call->fault.action == FAIL) fuse_reply_err(call->request, (int)call->fault.value);
  return goes_on;
}

int call_finish(struct call *call) {
  if (call->fault.is_behind) changes_make(call->fault, subject(call));
  pthread_mutex_unlock(&tree_lock);
  return call->fault.action == FAIL_AFTER ? (int)call->fault.value : 0;
}
