#define _GNU_SOURCE
#include "operations.h"

#include <errno.h>
#include <string.h>

#include "calls.h"
#include "listing.h"
#include "record.h"

struct manners manners = {.plus = PLUS_NO};

static void refuse(struct call *call, int error) {
  int other = call_finish(call);
  fuse_reply_err(call->request, other ? other : error);
}

// MARK: looking

static void on_lookup(fuse_req_t request, fuse_ino_t parent, const char *name) {
  struct call call = {.request = request, .node = node_of_number(parent), .name = name};
  if (!call_begin(&call, LOOKUP)) return;
  struct node *node = call.node->is_removed ? NULL : tree_entry(call.node, name);
  if (!node) return refuse(&call, call.node->is_removed ? ESTALE : ENOENT);
  struct fuse_entry_param entry;
  entry_fill(node, &entry);
  if (call.fault.action == INODES) entry.attr.st_ino = rules_random_number();
  int error = call_finish(&call);
  if (error) fuse_reply_err(request, error);
  else fuse_reply_entry(request, &entry);
}

static void answer_attributes(struct call *call) {
  if (call->node->is_removed) return refuse(call, ESTALE);
  struct stat status;
  tree_status(call->node, &status);
  if (call->fault.action == INODES) status.st_ino = rules_random_number();
  call->node->looked = monotonic_now();
  int error = call_finish(call);
  if (error) fuse_reply_err(call->request, error);
  else fuse_reply_attr(call->request, &status, manners.attribute_timeout);
}

static void on_getattr(fuse_req_t request, fuse_ino_t number, struct fuse_file_info *file) {
  (void)file;
  struct call call = {.request = request, .node = node_of_number(number)};
  if (call_begin(&call, GETATTR)) answer_attributes(&call);
}

static void on_setattr(fuse_req_t request, fuse_ino_t number, struct stat *wanted, int to_set,
                       struct fuse_file_info *file) {
  (void)file;
  struct call call = {.request = request, .node = node_of_number(number)};
  if (!call_begin(&call, SETATTR)) return;
  struct node *node = call.node;
  if (to_set & FUSE_SET_ATTR_MTIME_NOW) node->modified = server_now();
  else if (to_set & FUSE_SET_ATTR_MTIME) node->modified = wanted->st_mtim;
  if (to_set & FUSE_SET_ATTR_UID) node->owner = wanted->st_uid;
  if (to_set & FUSE_SET_ATTR_SIZE) node->size = wanted->st_size;
  node->changed = server_now();
  answer_attributes(&call);
}

static void on_readlink(fuse_req_t request, fuse_ino_t number) {
  (void)number;
  fuse_reply_readlink(request, "nowhere");
}

// MARK: listing

static void on_opendir(fuse_req_t request, fuse_ino_t number, struct fuse_file_info *file) {
  struct call call = {.request = request, .node = node_of_number(number)};
  if (!call_begin(&call, OPENDIR)) return;
  if (call.node->is_removed) return refuse(&call, ESTALE);
  int error = call_finish(&call);
  if (error) fuse_reply_err(request, error);
  else fuse_reply_open(request, file);
}

static void list(fuse_req_t request, fuse_ino_t number, size_t size, off_t offset, bool plus) {
  struct call call = {.request = request, .node = node_of_number(number)};
  if (!call_begin(&call, READDIR)) return;
  if (call.node->is_removed) return refuse(&call, ESTALE);
  listing_answer(&call, size, offset, plus);
}

static void on_readdir(fuse_req_t request, fuse_ino_t number, size_t size, off_t offset, struct fuse_file_info *file) {
  (void)file;
  list(request, number, size, offset, false);
}

static void on_readdirplus(fuse_req_t request, fuse_ino_t number, size_t size, off_t offset,
                           struct fuse_file_info *file) {
  (void)file;
  list(request, number, size, offset, true);
}

// MARK: removing

static int objection_to_removal(struct node *node, bool as_directory) {
  if (!node) return ENOENT;
  if (as_directory && node->kind != 'D') return ENOTDIR;
  if (!as_directory && node->kind == 'D') return EISDIR;
  if (node->origin) return EBUSY;  // a loop
  return as_directory && !tree_is_empty(node) ? ENOTEMPTY : 0;
}

static void remove_entry(fuse_req_t request, fuse_ino_t parent, const char *name, bool as_directory) {
  struct call call = {.request = request, .node = node_of_number(parent), .name = name};
  if (!call_begin(&call, as_directory ? RMDIR : UNLINK)) return;
  if (call.node->is_removed) return refuse(&call, ESTALE);
  struct node *node = tree_entry(call.node, name);
  int error = objection_to_removal(node, as_directory);
  if (error) return refuse(&call, error);
  record_removal(node, call.fault.action == FAIL_AFTER ? (int)call.fault.value : 0);
  tree_detach(node);
  fuse_reply_err(request, call_finish(&call));
}

static void on_unlink(fuse_req_t request, fuse_ino_t parent, const char *name) {
  remove_entry(request, parent, name, false);
}

static void on_rmdir(fuse_req_t request, fuse_ino_t parent, const char *name) {
  remove_entry(request, parent, name, true);
}

// MARK: the session

// No node is ever freed.
static void on_forget(fuse_req_t request, fuse_ino_t number, uint64_t count) {
  (void)number, (void)count;
  fuse_reply_none(request);
}

static void on_forget_multi(fuse_req_t request, size_t count, struct fuse_forget_data *forgets) {
  (void)count, (void)forgets;
  fuse_reply_none(request);
}

static void on_init(void *context, struct fuse_conn_info *connection) {
  (void)context;
  unsigned want = connection->want & ~(FUSE_CAP_READDIRPLUS | FUSE_CAP_READDIRPLUS_AUTO);
  want |= FUSE_CAP_PARALLEL_DIROPS;
  if (manners.plus != PLUS_NO) want |= FUSE_CAP_READDIRPLUS;
  if (manners.plus == PLUS_AUTO) want |= FUSE_CAP_READDIRPLUS_AUTO;
  connection->want = want & connection->capable;
}

const struct fuse_lowlevel_ops operations = {
    .init = on_init,
    .lookup = on_lookup,
    .forget = on_forget,
    .forget_multi = on_forget_multi,
    .getattr = on_getattr,
    .setattr = on_setattr,
    .readlink = on_readlink,
    .unlink = on_unlink,
    .rmdir = on_rmdir,
    .opendir = on_opendir,
    .readdir = on_readdir,
    .readdirplus = on_readdirplus,
};
