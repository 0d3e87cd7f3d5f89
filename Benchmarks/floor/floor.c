// The least that a scan or purge costs: openat, getdents64, statx and unlinkat from N threads, and nothing else: no
// rules, no report, no safety. What a real program needs more than this is its own. See --help.
//
// Directories and chunks of names wait on one stack that all threads take from. A directory's names are handed out in
// chunks while another thread is idle.
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static const char usage[] =
    "usage: floor scan|purge [OPTION…] ROOT\n"
    "scan looks at each file's time, purge also removes those that are older than --age.\n"
    "  --threads N      (2)\n"
    "  --gate           one thread at a time removes in a directory, the others leave it their files and go on\n"
    "  --fresh          a second look that the server must answer (AT_STATX_FORCE_SYNC) before each removal\n"
    "  --timed          print how long a removal took on average, removal_ms\n"
    "  --chunk N        names that are handed to an idle thread at once (256)\n"
    "  --buffer BYTES   for getdents64, for each thread (262144)\n"
    "  --age DAYS       (30)\n"
    "Prints a line of JSON; exit status 1 when something failed.\n";

static struct {
  bool purge, gate, fresh, timed;
  long threads, chunk, buffer, age_days;
} wanted = {.threads = 2, .chunk = 256, .buffer = 256 * 1024, .age_days = 30};

static time_t cutoff;

// Names, each with its NUL, one behind the other.
struct names {
  struct names *next;
  long count;
  size_t length;
  char bytes[];
};

struct directory {
  int fd;
  atomic_long users;  // work that still needs it; the last one closes it
  pthread_mutex_t lock;
  bool removing;        // a thread is about it, and will take what is left here
  struct names *to_remove;
};

// Either a subdirectory to be listed (`names` holds its name only) or files to be looked at.
struct work {
  struct work *next;
  struct directory *directory;  // where the names are; NULL: the root, by its path
  bool is_subdirectory;
  struct names *names;
};

struct counts {
  long files, old, removed, directories, errors;
  double removal_seconds;  // only if they are timed
};

static _Thread_local struct counts counts;

static void *allocate(size_t size) {
  void *memory = malloc(size);
  if (!memory) abort();
  return memory;
}

static struct names *copy_names(const char *bytes, size_t length, long count) {
  struct names *names = allocate(sizeof *names + length);
  names->next = NULL;
  names->count = count;
  names->length = length;
  memcpy(names->bytes, bytes, length);
  return names;
}

// MARK: the stack of work

static pthread_mutex_t stack_lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t stack_changed = PTHREAD_COND_INITIALIZER;
static struct work *stack;
static long unfinished;  // what is on the stack or in some thread's hands
static atomic_long idle;

static void push(struct directory *directory, bool is_subdirectory, struct names *names) {
  struct work *work = allocate(sizeof *work);
  *work = (struct work){.directory = directory, .is_subdirectory = is_subdirectory, .names = names};
  if (directory) directory->users++;
  pthread_mutex_lock(&stack_lock);
  work->next = stack;
  stack = work;
  unfinished++;
  if (idle > 0) pthread_cond_signal(&stack_changed);
  pthread_mutex_unlock(&stack_lock);
}

// The next work, NULL when all is done. `finished`: the caller has done what it got before.
static struct work *pop(bool finished) {
  pthread_mutex_lock(&stack_lock);
  if (finished && --unfinished == 0) pthread_cond_broadcast(&stack_changed);
  while (!stack && unfinished > 0) {
    idle++;
    pthread_cond_wait(&stack_changed, &stack_lock);
    idle--;
  }
  struct work *work = stack;
  if (work) stack = work->next;
  pthread_mutex_unlock(&stack_lock);
  return work;
}

static void leave(struct directory *directory) {
  if (!directory || --directory->users > 0) return;
  close(directory->fd);
  pthread_mutex_destroy(&directory->lock);
  free(directory);
}

// MARK: files

static bool is_old(struct directory *directory, const char *name, int sync) {
  struct statx status;
  if (statx(directory->fd, name, AT_SYMLINK_NOFOLLOW | sync, STATX_TYPE | STATX_MTIME, &status)) {
    if (errno != ENOENT) counts.errors++;
    return false;
  }
  return S_ISREG(status.stx_mode) && status.stx_mtime.tv_sec < cutoff;
}

static double seconds_now(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec + now.tv_nsec / 1e9;
}

static void remove_file(struct directory *directory, const char *name) {
  double start = wanted.timed ? seconds_now() : 0;
  if (unlinkat(directory->fd, name, 0) == 0) counts.removed++;
  else if (errno != ENOENT) counts.errors++;
  if (wanted.timed) counts.removal_seconds += seconds_now() - start;
}

static void remove_all(struct directory *directory, const struct names *names) {
  const char *name = names->bytes;
  for (long i = 0; i < names->count; i++, name += strlen(name) + 1) remove_file(directory, name);
}

// Removes what is left at the directory until there is nothing.
static void drain(struct directory *directory) {
  for (;;) {
    pthread_mutex_lock(&directory->lock);
    struct names *names = directory->to_remove;
    directory->to_remove = NULL;
    if (!names) directory->removing = false;
    pthread_mutex_unlock(&directory->lock);
    if (!names) return;
    for (struct names *next; names; names = next) {
      next = names->next;
      remove_all(directory, names);
      free(names);
    }
  }
}

static void leave_to_remover(struct directory *directory, struct names *names) {
  pthread_mutex_lock(&directory->lock);
  names->next = directory->to_remove;
  directory->to_remove = names;
  bool mine = !directory->removing;
  directory->removing = true;
  pthread_mutex_unlock(&directory->lock);
  if (mine) drain(directory);
}

// Looks at all of `names`, and keeps in it those that are to go. Takes it over.
static void look(struct directory *directory, struct names *names) {
  char *kept = names->bytes;
  const char *name = names->bytes;
  long count = names->count;
  counts.files += count;
  names->count = 0;
  for (long i = 0; i < count; i++) {
    size_t size = strlen(name) + 1;
    bool old = is_old(directory, name, 0);
    counts.old += old;
    if (old && wanted.purge && (!wanted.fresh || is_old(directory, name, AT_STATX_FORCE_SYNC))) {
      memmove(kept, name, size);
      kept += size;
      names->count++;
    }
    name += size;
  }
  if (names->count > 0 && wanted.gate) {
    leave_to_remover(directory, names);
    return;
  }
  remove_all(directory, names);
  free(names);
}

// MARK: directories

// Names of files that were listed and not yet looked at.
struct chunk {
  char *bytes;
  size_t length;
  long count;
};

static void flush(struct directory *directory, struct chunk *chunk, bool is_last) {
  if (chunk->count == 0) return;
  struct names *names = copy_names(chunk->bytes, chunk->length, chunk->count);
  chunk->length = chunk->count = 0;
  if (idle > 0 && !is_last) push(directory, false, names);
  else look(directory, names);
}

static unsigned char type_of(struct directory *directory, const struct dirent64 *entry) {
  struct stat status;
  if (entry->d_type != DT_UNKNOWN) return entry->d_type;
  return fstatat(directory->fd, entry->d_name, &status, AT_SYMLINK_NOFOLLOW) ? DT_UNKNOWN : IFTODT(status.st_mode);
}

static void take_entry(struct directory *directory, const struct dirent64 *entry, struct chunk *chunk) {
  const char *name = entry->d_name;
  size_t size = strlen(name) + 1;
  unsigned char type = type_of(directory, entry);
  if (type == DT_DIR && strcmp(name, ".") != 0 && strcmp(name, "..") != 0) {
    push(directory, true, copy_names(name, size, 1));
  }
  if (type != DT_REG) return;
  memcpy(chunk->bytes + chunk->length, name, size);
  chunk->length += size;
  if (++chunk->count == wanted.chunk) flush(directory, chunk, false);
}

static struct directory *open_directory(struct directory *parent, const char *name) {
  int fd = openat(parent ? parent->fd : AT_FDCWD, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  if (fd < 0) return NULL;
  struct directory *directory = allocate(sizeof *directory);
  *directory = (struct directory){.fd = fd, .users = 1};
  pthread_mutex_init(&directory->lock, NULL);
  return directory;
}

static void list(struct directory *parent, const char *name, char *buffer, struct chunk *chunk) {
  struct directory *directory = open_directory(parent, name);
  if (!directory) {
    counts.errors++;
    return;
  }
  counts.directories++;
  ssize_t length;
  while ((length = getdents64(directory->fd, buffer, wanted.buffer)) > 0) {
    for (char *place = buffer; place < buffer + length;) {
      struct dirent64 *entry = (struct dirent64 *)place;
      place += entry->d_reclen;
      take_entry(directory, entry, chunk);
    }
    flush(directory, chunk, false);
  }
  if (length < 0) counts.errors++;
  leave(directory);
}

// MARK: threads

static struct counts total;

static void add_to_total(void) {
  pthread_mutex_lock(&stack_lock);
  total.files += counts.files;
  total.old += counts.old;
  total.removed += counts.removed;
  total.directories += counts.directories;
  total.errors += counts.errors;
  total.removal_seconds += counts.removal_seconds;
  pthread_mutex_unlock(&stack_lock);
}

static void *run(void *context) {
  char *buffer = allocate(wanted.buffer);
  struct chunk chunk = {.bytes = allocate(wanted.chunk * (NAME_MAX + 1))};
  struct work *work = pop(false);
  while (work) {
    if (work->is_subdirectory) {
      list(work->directory, work->names->bytes, buffer, &chunk);
      free(work->names);
    } else {
      look(work->directory, work->names);
    }
    leave(work->directory);
    free(work);
    work = pop(true);
  }
  free(buffer);
  free(chunk.bytes);
  add_to_total();
  return context;
}

static void run_threads(void) {
  pthread_attr_t small;
  pthread_attr_init(&small);
  pthread_attr_setstacksize(&small, 64 * 1024);
  pthread_t *threads = allocate(wanted.threads * sizeof *threads);
  for (long i = 0; i < wanted.threads; i++) {
    if (pthread_create(&threads[i], &small, run, NULL)) {
      perror("pthread_create");
      exit(1);
    }
  }
  for (long i = 0; i < wanted.threads; i++) pthread_join(threads[i], NULL);
}

// MARK: command line

enum { THREADS, GATE, FRESH, TIMED, CHUNK, BUFFER, AGE };

static const char *parse_options(int count, char **arguments) {
  static const struct option options[] = {{"threads", 1, 0, THREADS}, {"gate", 0, 0, GATE}, {"fresh", 0, 0, FRESH},
                                          {"timed", 0, 0, TIMED}, {"chunk", 1, 0, CHUNK}, {"buffer", 1, 0, BUFFER},
                                          {"age", 1, 0, AGE}, {"help", 0, 0, '?'}, {0}};
  int option;
  while ((option = getopt_long(count, arguments, "", options, NULL)) != -1) {
    switch (option) {
    case THREADS: wanted.threads = atol(optarg); break;
    case GATE: wanted.gate = true; break;
    case FRESH: wanted.fresh = true; break;
    case TIMED: wanted.timed = true; break;
    case CHUNK: wanted.chunk = atol(optarg); break;
    case BUFFER: wanted.buffer = atol(optarg); break;
    case AGE: wanted.age_days = atol(optarg); break;
    default: optind = count; break;
    }
  }
  const char *mode = optind + 2 == count ? arguments[optind] : "";
  wanted.purge = strcmp(mode, "purge") == 0;
  if ((!wanted.purge && strcmp(mode, "scan") != 0) || wanted.threads < 1 || wanted.chunk < 1) {
    fputs(usage, stderr);
    exit(64);
  }
  return arguments[optind + 1];
}

int main(int count, char **arguments) {
  const char *root = parse_options(count, arguments);
  cutoff = time(NULL) - wanted.age_days * 86400;
  struct rlimit limit;
  getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
  double start = seconds_now();
  push(NULL, true, copy_names(root, strlen(root) + 1, 1));
  run_threads();
  printf("{\"seconds\": %.3f, \"files\": %ld, \"old\": %ld, \"removed\": %ld, \"directories\": %ld, \"errors\": %ld",
         seconds_now() - start, total.files, total.old, total.removed, total.directories, total.errors);
  if (wanted.timed) printf(", \"removal_ms\": %.4f", total.removal_seconds * 1e3 / (total.removed ? total.removed : 1));
  printf("}\n");
  return total.errors > 0;
}
