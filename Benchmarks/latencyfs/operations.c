#define _GNU_SOURCE
#include "operations.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "delays.h"
#include "nodes.h"
#include "stats.h"
#include "timers.h"

enum { LISTING_BUFFER = 32 * 1024 };

struct caching caching = {.attributes = 3, .entries = 30, .plus = PLUS_AUTO};

// MARK: requests

struct request;
typedef void serve_function(struct request *request);

struct request {
  struct job job;  // first, so that a job is its request
  enum kind kind;
  serve_function *serve;
  fuse_req_t fuse;
  struct node *node;
  struct fuse_file_info file;
  bool has_file;
  size_t size;
  off_t offset;
  int to_set;  // FUSE_SET_ATTR_…
  struct stat attributes;
  char name[];  // empty: the request is for the node itself
};

static void run(struct job *job) {
  struct request *request = (struct request *)job;
  enum kind kind = request->kind;
  request->serve(request);
  free(request);
  stats_answered(kind);
}

static struct request *make(enum kind kind, serve_function *serve, fuse_req_t fuse, fuse_ino_t number,
                            const char *name, const struct fuse_file_info *file) {
  struct request *request = calloc(1, sizeof *request + strlen(name) + 1);
  if (!request) abort();
  request->kind = kind;
  request->serve = serve;
  request->fuse = fuse;
  request->node = node_from_number(number);
  strcpy(request->name, name);
  if (file) {
    request->file = *file;
    request->has_file = true;
  }
  return request;
}

static void answer_later(struct request *request) {
  stats_arrived(request->kind);
  const char *name = *request->name ? request->name : NULL;
  request->job.due = delays_due(request->kind, request->node, name, monotonic_now());
  request->job.run = run;
  timers_add(&request->job);
}

// MARK: entries and attributes

// Fills in `entry` and remembers its node, unless there is no such entry; 0 or an errno value.
static int look(struct node *directory, const char *name, struct fuse_entry_param *entry) {
  memset(entry, 0, sizeof *entry);
  int fd = node_path_fd(directory);
  if (fd < 0 || fstatat(fd, name, &entry->attr, AT_SYMLINK_NOFOLLOW)) return errno;
  entry->ino = node_number(node_remember(directory, name));
  entry->attr_timeout = caching.attributes;
  entry->entry_timeout = caching.entries;
  return 0;
}

static void serve_lookup(struct request *r) {
  struct fuse_entry_param entry;
  int error = look(r->node, r->name, &entry);
  if (error) {
    fuse_reply_err(r->fuse, error);
  } else if (fuse_reply_entry(r->fuse, &entry)) {
    node_forget(node_from_number(entry.ino), 1);  // the kernel did not get to know of it
  }
}

static void on_lookup(fuse_req_t fuse, fuse_ino_t parent, const char *name) {
  answer_later(make(LOOKUP, serve_lookup, fuse, parent, name, NULL));
}

static void on_forget(fuse_req_t fuse, fuse_ino_t number, uint64_t count) {
  stats_count(FORGET);
  node_forget(node_from_number(number), count);
  fuse_reply_none(fuse);
}

static void on_forget_multi(fuse_req_t fuse, size_t count, struct fuse_forget_data *forgets) {
  for (size_t i = 0; i < count; i++) {
    stats_count(FORGET);
    node_forget(node_from_number(forgets[i].ino), forgets[i].nlookup);
  }
  fuse_reply_none(fuse);
}

static void reply_status(struct request *r) {
  struct stat status;
  int error = r->has_file ? (fstat(r->file.fh, &status) ? errno : 0) : node_status(r->node, &status);
  if (error) fuse_reply_err(r->fuse, error);
  else fuse_reply_attr(r->fuse, &status, caching.attributes);
}

static void on_getattr(fuse_req_t fuse, fuse_ino_t number, struct fuse_file_info *file) {
  answer_later(make(GETATTR, reply_status, fuse, number, "", file));
}

static struct timespec time_to_set(int to_set, int given, int now, struct timespec time) {
  if (to_set & now) return (struct timespec){.tv_nsec = UTIME_NOW};
  return to_set & given ? time : (struct timespec){.tv_nsec = UTIME_OMIT};
}

// Mode, owner and times; the size is for files that somebody writes, which this file system does not serve.
static int set_attributes(struct request *r) {
  const struct stat *wanted = &r->attributes;
  bool is_root = r->node->parent == NULL;
  int directory = node_path_fd(is_root ? r->node : r->node->parent);
  const char *name = is_root ? "." : r->node->name;
  if (directory < 0) return -1;
  if (r->to_set & FUSE_SET_ATTR_SIZE) return errno = EROFS, -1;
  if (r->to_set & FUSE_SET_ATTR_MODE && fchmodat(directory, name, wanted->st_mode & 07777, 0)) return -1;
  uid_t owner = r->to_set & FUSE_SET_ATTR_UID ? wanted->st_uid : (uid_t)-1;
  gid_t group = r->to_set & FUSE_SET_ATTR_GID ? wanted->st_gid : (gid_t)-1;
  if (r->to_set & (FUSE_SET_ATTR_UID | FUSE_SET_ATTR_GID) &&
      fchownat(directory, name, owner, group, AT_SYMLINK_NOFOLLOW)) return -1;
  struct timespec times[2] = {
      time_to_set(r->to_set, FUSE_SET_ATTR_ATIME, FUSE_SET_ATTR_ATIME_NOW, wanted->st_atim),
      time_to_set(r->to_set, FUSE_SET_ATTR_MTIME, FUSE_SET_ATTR_MTIME_NOW, wanted->st_mtim),
  };
  return utimensat(directory, name, times, AT_SYMLINK_NOFOLLOW);
}

static void serve_setattr(struct request *r) {
  if (set_attributes(r)) fuse_reply_err(r->fuse, errno);
  else reply_status(r);
}

static void on_setattr(fuse_req_t fuse, fuse_ino_t number, struct stat *attributes, int to_set,
                       struct fuse_file_info *file) {
  struct request *request = make(SETATTR, serve_setattr, fuse, number, "", file);
  request->attributes = *attributes;
  request->to_set = to_set;
  answer_later(request);
}

// MARK: removals and new directories

static void remove_entry(struct request *r, int flags) {
  int fd = node_path_fd(r->node);
  int error = fd < 0 || unlinkat(fd, r->name, flags) ? errno : 0;
  if (!error) node_name_removed(r->node, r->name);
  fuse_reply_err(r->fuse, error);
}

static void serve_unlink(struct request *r) { remove_entry(r, 0); }
static void serve_rmdir(struct request *r) { remove_entry(r, AT_REMOVEDIR); }

static void on_unlink(fuse_req_t fuse, fuse_ino_t parent, const char *name) {
  answer_later(make(UNLINK, serve_unlink, fuse, parent, name, NULL));
}

static void on_rmdir(fuse_req_t fuse, fuse_ino_t parent, const char *name) {
  answer_later(make(RMDIR, serve_rmdir, fuse, parent, name, NULL));
}

static void serve_mkdir(struct request *r) {
  int fd = node_path_fd(r->node);
  if (fd < 0 || mkdirat(fd, r->name, r->attributes.st_mode)) fuse_reply_err(r->fuse, errno);
  else serve_lookup(r);
}

static void on_mkdir(fuse_req_t fuse, fuse_ino_t parent, const char *name, mode_t mode) {
  struct request *request = make(OTHER, serve_mkdir, fuse, parent, name, NULL);
  request->attributes.st_mode = mode;
  answer_later(request);
}

// MARK: files, to read only

static void serve_open(struct request *r) {
  int parent = node_path_fd(r->node->parent);
  int fd = parent < 0 ? -1 : openat(parent, r->node->name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
  if (fd < 0) {
    fuse_reply_err(r->fuse, errno);
    return;
  }
  r->file.fh = fd;
  if (fuse_reply_open(r->fuse, &r->file)) close(fd);
}

static void on_open(fuse_req_t fuse, fuse_ino_t number, struct fuse_file_info *file) {
  if ((file->flags & O_ACCMODE) == O_RDONLY) answer_later(make(OPEN, serve_open, fuse, number, "", file));
  else fuse_reply_err(fuse, EROFS);
}

static void serve_read(struct request *r) {
  char *buffer = malloc(r->size);
  ssize_t length = buffer ? pread(r->file.fh, buffer, r->size, r->offset) : -1;
  if (length < 0) fuse_reply_err(r->fuse, errno);
  else fuse_reply_buf(r->fuse, buffer, length);
  free(buffer);
}

static void on_read(fuse_req_t fuse, fuse_ino_t number, size_t size, off_t offset, struct fuse_file_info *file) {
  struct request *request = make(OTHER, serve_read, fuse, number, "", file);
  request->size = size;
  request->offset = offset;
  answer_later(request);
}

static void on_release(fuse_req_t fuse, fuse_ino_t number, struct fuse_file_info *file) {
  (void)number;
  stats_count(RELEASE);
  close(file->fh);
  fuse_reply_err(fuse, 0);
}

static void serve_statfs(struct request *r) {
  struct statvfs status;
  if (fstatvfs(node_path_fd(node_from_number(FUSE_ROOT_ID)), &status)) fuse_reply_err(r->fuse, errno);
  else fuse_reply_statfs(r->fuse, &status);
}

static void on_statfs(fuse_req_t fuse, fuse_ino_t number) {
  answer_later(make(OTHER, serve_statfs, fuse, number, "", NULL));
}

// MARK: listings

struct listing {
  pthread_mutex_t lock;
  int fd;
  char *buffer;  // only while there is something unread in it
  size_t filled, taken;
  off_t offset;  // of the entry at `taken`
};

static struct listing *listing_of(const struct fuse_file_info *file) { return (struct listing *)(uintptr_t)file->fh; }

static void drop_buffer(struct listing *listing) {
  free(listing->buffer);
  listing->buffer = NULL;
  listing->filled = listing->taken = 0;
}

static void close_listing(struct listing *listing) {
  close(listing->fd);
  free(listing->buffer);
  free(listing);
}

static void serve_opendir(struct request *r) {
  int path = node_path_fd(r->node);
  int fd = path < 0 ? -1 : openat(path, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) {
    fuse_reply_err(r->fuse, errno);
    return;
  }
  struct listing *listing = calloc(1, sizeof *listing);
  if (!listing) abort();
  pthread_mutex_init(&listing->lock, NULL);
  listing->fd = fd;
  r->file.fh = (uintptr_t)listing;
  if (fuse_reply_open(r->fuse, &r->file)) close_listing(listing);
}

static void on_opendir(fuse_req_t fuse, fuse_ino_t number, struct fuse_file_info *file) {
  answer_later(make(OPENDIR, serve_opendir, fuse, number, "", file));
}

static void on_releasedir(fuse_req_t fuse, fuse_ino_t number, struct fuse_file_info *file) {
  (void)number;
  stats_count(RELEASE);
  close_listing(listing_of(file));
  fuse_reply_err(fuse, 0);
}

// The entry at the listing's offset, NULL at the end.
static struct dirent64 *next_entry(struct listing *listing) {
  if (listing->taken == listing->filled) {
    if (!listing->buffer) listing->buffer = malloc(LISTING_BUFFER);
    if (!listing->buffer) abort();
    ssize_t length = getdents64(listing->fd, listing->buffer, LISTING_BUFFER);
    listing->filled = length > 0 ? length : 0;
    listing->taken = 0;
    if (listing->filled == 0) {
      drop_buffer(listing);
      return NULL;
    }
  }
  return (struct dirent64 *)(listing->buffer + listing->taken);
}

// Puts one entry into the answer; the bytes it takes, more than there is room for when it did not fit.
static size_t add_entry(struct request *r, char *to, size_t room, const struct dirent64 *found, bool plus) {
  const char *name = found->d_name;
  struct fuse_entry_param entry = {.attr = {.st_ino = found->d_ino, .st_mode = DTTOIF(found->d_type)}};
  if (!plus) return fuse_add_direntry(r->fuse, to, room, name, &entry.attr, found->d_off);
  size_t needed = fuse_add_direntry_plus(r->fuse, NULL, 0, name, NULL, 0);
  if (needed > room) return needed;
  bool is_dot = strcmp(name, ".") == 0 || strcmp(name, "..") == 0;
  if (!is_dot && look(r->node, name, &entry)) return 0;  // gone since
  return fuse_add_direntry_plus(r->fuse, to, room, name, &entry, found->d_off);
}

static void list(struct request *r, bool plus) {
  struct listing *listing = listing_of(&r->file);
  char *answer = malloc(r->size);
  if (!answer) abort();
  size_t used = 0;
  long entries = 0;
  pthread_mutex_lock(&listing->lock);
  if (r->offset != listing->offset) {
    lseek(listing->fd, r->offset, SEEK_SET);
    drop_buffer(listing);
    listing->offset = r->offset;
  }
  for (struct dirent64 *found; (found = next_entry(listing));) {
    size_t needed = add_entry(r, answer + used, r->size - used, found, plus);
    if (needed > r->size - used) break;
    used += needed;
    entries++;
    listing->taken += found->d_reclen;
    listing->offset = found->d_off;
  }
  pthread_mutex_unlock(&listing->lock);
  stats_listed(entries);
  fuse_reply_buf(r->fuse, answer, used);
  free(answer);
}

static void serve_readdir(struct request *r) { list(r, false); }
static void serve_readdirplus(struct request *r) { list(r, true); }

static void list_later(serve_function *serve, fuse_req_t fuse, fuse_ino_t number, size_t size, off_t offset,
                       struct fuse_file_info *file) {
  struct request *request = make(READDIR, serve, fuse, number, "", file);
  request->size = size;
  request->offset = offset;
  answer_later(request);
}

static void on_readdir(fuse_req_t fuse, fuse_ino_t number, size_t size, off_t offset, struct fuse_file_info *file) {
  list_later(serve_readdir, fuse, number, size, offset, file);
}

static void on_readdirplus(fuse_req_t fuse, fuse_ino_t number, size_t size, off_t offset,
                           struct fuse_file_info *file) {
  list_later(serve_readdirplus, fuse, number, size, offset, file);
}

// MARK: the session

static void on_init(void *context, struct fuse_conn_info *connection) {
  (void)context;
  unsigned want = connection->want & ~(FUSE_CAP_READDIRPLUS | FUSE_CAP_READDIRPLUS_AUTO);
  want |= FUSE_CAP_PARALLEL_DIROPS;
  if (caching.plus != PLUS_NO) want |= FUSE_CAP_READDIRPLUS;
  if (caching.plus == PLUS_AUTO) want |= FUSE_CAP_READDIRPLUS_AUTO;
  connection->want = want & connection->capable;
  connection->max_background = connection->congestion_threshold = 65535;
}

const struct fuse_lowlevel_ops operations = {
    .init = on_init,
    .lookup = on_lookup,
    .forget = on_forget,
    .forget_multi = on_forget_multi,
    .getattr = on_getattr,
    .setattr = on_setattr,
    .unlink = on_unlink,
    .rmdir = on_rmdir,
    .mkdir = on_mkdir,
    .open = on_open,
    .read = on_read,
    .release = on_release,
    .opendir = on_opendir,
    .readdir = on_readdir,
    .readdirplus = on_readdirplus,
    .releasedir = on_releasedir,
    .statfs = on_statfs,
};
