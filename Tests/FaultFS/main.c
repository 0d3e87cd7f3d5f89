// A file system in memory that misbehaves on command. See --help and README.md.
#define _GNU_SOURCE
#include <getopt.h>
#include <linux/fuse.h>
#include <signal.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/uio.h>
#include <unistd.h>

#include "operations.h"
#include "record.h"
#include "rules.h"
#include "text.h"
#include "tree.h"

static const char usage[] =
    "usage: faultfs [OPTION…] TREE MOUNTPOINT\n"
    "Serves the tree that the file TREE specifies, with faults; README.md has both formats. Stays in the foreground;\n"
    "ends when it is unmounted, or by SIGTERM or SIGINT. Says 'ready' on standard error when it is mounted.\n"
    "  --rules FILE            what goes wrong, a rule a line\n"
    "  --record FILE           what really happened, a JSON object a line (standard output)\n"
    "  --record-faults         with a line for each fault\n"
    "  --cutoff SECONDS        since 1970: the record calls young what was changed then or later\n"
    "  --random CHANCE         of an error for an operation that no rule speaks of (0)\n"
    "  --random-on OPS         which ones, as in lookup,unlink (all)\n"
    "  --errnos LIST           which errors (EIO,EACCES,ENOSPC)\n"
    "  --spare-root            none at random for the root itself\n"
    "  --seed N                of everything at random (1)\n"
    "  --entry-timeout S       how long the kernel believes names (0)\n"
    "  --attr-timeout S        how long the kernel believes attributes (0)\n"
    "  --readdirplus no|auto|always   whether listings bring attributes (no)\n"
    "  --unknown-kinds         listings tell no kinds\n"
    "  --random-inodes         another inode number at each look\n"
    "  --loop NAME             in each directory one of that name, which is that directory itself\n"
    "  --delay MS              of every operation (0)\n"
    "  --skew S                this server's clock is ahead by so much, for times set to now\n"
    "  --directory-mtime S     since 1970: every directory's time, whatever was set\n"
    "  --with-parent           end when the process that started it ends\n";

static const char *rules_file, *loop_name;
static char default_errors[] = "EIO,EACCES,ENOSPC";
static char *error_list = default_errors;
static uint64_t seed = 1;

// MARK: options

static _Noreturn void refuse(const char *what, const char *value) {
  fprintf(stderr, "faultfs: %s: %s\n%s", what, value, usage);
  exit(64);
}

static enum readdirplus parse_plus(const char *value) {
  static const char *const words[] = {"no", "auto", "always", NULL};
  int place = text_place(words, value);
  if (place < 0) refuse("--readdirplus is no, auto or always, not", value);
  return (enum readdirplus)place;
}

static struct timespec parse_moment(const char *value) {
  char text[64];
  snprintf(text, sizeof text, "@%s", value);
  return text_time(text, wall_now());
}

static void parse_errors(char *list) {
  char *rest = list;
  for (char *name; (name = text_next_item(&rest));) {
    int error = text_errno(name);
    if (error <= 0) refuse("--errnos", name);
    if (random_faults.error_count < 64) random_faults.errors[random_faults.error_count++] = error;
  }
}

enum {
  RULES, RECORD, RECORD_FAULTS, CUTOFF, RANDOM, RANDOM_ON, ERRNOS, SPARE_ROOT, SEED, ENTRY_TIMEOUT, ATTR_TIMEOUT, PLUS,
  UNKNOWN_KINDS, RANDOM_INODES, LOOP, ALL_DELAYED, SKEW, DIRECTORY_MTIME, WITH_PARENT, HELP
};

static const struct option options[] = {
    {"rules", 1, 0, RULES}, {"record", 1, 0, RECORD}, {"record-faults", 0, 0, RECORD_FAULTS},
    {"cutoff", 1, 0, CUTOFF}, {"random", 1, 0, RANDOM}, {"random-on", 1, 0, RANDOM_ON}, {"errnos", 1, 0, ERRNOS},
    {"spare-root", 0, 0, SPARE_ROOT}, {"seed", 1, 0, SEED}, {"entry-timeout", 1, 0, ENTRY_TIMEOUT},
    {"attr-timeout", 1, 0, ATTR_TIMEOUT}, {"readdirplus", 1, 0, PLUS}, {"unknown-kinds", 0, 0, UNKNOWN_KINDS},
    {"random-inodes", 0, 0, RANDOM_INODES}, {"loop", 1, 0, LOOP}, {"delay", 1, 0, ALL_DELAYED}, {"skew", 1, 0, SKEW},
    {"directory-mtime", 1, 0, DIRECTORY_MTIME}, {"with-parent", 0, 0, WITH_PARENT}, {"help", 0, 0, HELP}, {0}};

static void set_record(int option, const char *value) {
  if (option == RECORD) record_settings.file = value;
  if (option == RECORD_FAULTS) record_settings.has_faults = true;
  if (option != CUTOFF) return;
  record_settings.has_cutoff = true;
  record_settings.cutoff = parse_moment(value);
}

static void set_random(int option, char *value) {
  switch (option) {
  case RANDOM: random_faults.chance = strtod(value, NULL); break;
  case ERRNOS: error_list = value; break;
  case SPARE_ROOT: random_faults.spares_root = true; break;
  case SEED: seed = strtoull(value, NULL, 10); break;
  default:
    if (!rules_parse_operations(value, &random_faults.operations)) refuse("--random-on", "no such operation");
  }
}

static void set_manners(int option, const char *value) {
  switch (option) {
  case ENTRY_TIMEOUT: manners.entry_timeout = strtod(value, NULL); break;
  case ATTR_TIMEOUT: manners.attribute_timeout = strtod(value, NULL); break;
  case PLUS: manners.plus = parse_plus(value); break;
  case UNKNOWN_KINDS: manners.hides_kinds = true; break;
  case RANDOM_INODES: tree_lies.random_inodes = true; break;
  case LOOP: loop_name = value; break;
  case ALL_DELAYED: manners.delay = atol(value); break;
  case SKEW: tree_lies.clock_skew = text_seconds(value); break;
  case DIRECTORY_MTIME:
    tree_lies.has_directory_time = true;
    tree_lies.directory_time = parse_moment(value);
  }
}

static void set_option(int option, char *value) {
  switch (option) {
  case RULES: rules_file = value; break;
  case RECORD: case RECORD_FAULTS: case CUTOFF: set_record(option, value); break;
  case RANDOM: case RANDOM_ON: case ERRNOS: case SPARE_ROOT: case SEED: set_random(option, value); break;
  case WITH_PARENT: prctl(PR_SET_PDEATHSIG, SIGTERM); break;
  case HELP: fputs(usage, stdout); exit(0);
  case '?': exit(64);
  default: set_manners(option, value);
  }
}

// The two operands are left at `optind`.
static void parse_options(int count, char **arguments) {
  int option;
  while ((option = getopt_long(count, arguments, "", options, NULL)) != -1) set_option(option, optarg);
  if (count - optind != 2) refuse("needed are", "TREE and MOUNTPOINT");
  parse_errors(error_list);
}

// MARK: the session

// libfuse 3.14 does not pass FUSE_PARALLEL_DIROPS on to the kernel, which then lets only one lookup or listing per
// directory through at a time, as no network file system does. So the flag is put into the first thing written to
// the kernel, which is the answer to its FUSE_INIT.
static ssize_t write_to_kernel(int fd, struct iovec *parts, int count, void *context) {
  static atomic_bool initialized;
  if (!atomic_exchange(&initialized, true) && count >= 2 &&
      parts[1].iov_len > offsetof(struct fuse_init_out, flags) + sizeof(uint32_t)) {
    struct fuse_init_out *answer = parts[1].iov_base;
    if (answer->major == FUSE_KERNEL_VERSION) answer->flags |= FUSE_PARALLEL_DIROPS;
  }
  (void)context;
  return writev(fd, parts, count);
}

static ssize_t read_from_kernel(int fd, void *buffer, size_t size, void *context) {
  (void)context;
  return read(fd, buffer, size);
}

static struct fuse_session *start_session(const char *mountpoint) {
  static const struct fuse_custom_io io = {.writev = write_to_kernel, .read = read_from_kernel};
  // Other users may look at what root has mounted; who is not root would have to be allowed to allow it.
  char *arguments[] = {"faultfs", "-o", geteuid() == 0 ? "allow_other,fsname=faultfs,subtype=faultfs"
                                                       : "fsname=faultfs,subtype=faultfs", NULL};
  struct fuse_args args = FUSE_ARGS_INIT(3, arguments);
  struct fuse_session *session = fuse_session_new(&args, &operations, sizeof operations, NULL);
  if (!session || fuse_set_signal_handlers(session) || fuse_session_mount(session, mountpoint)) return NULL;
  if (fuse_session_custom_io(session, &io, fuse_session_fd(session)) == 0) return session;
  fuse_session_unmount(session);
  return NULL;
}

// A delay holds a thread, so there may be as many as a client has operations in flight.
static int serve(struct fuse_session *session) {
  struct fuse_loop_config *config = fuse_loop_cfg_create();
  fuse_loop_cfg_set_max_threads(config, 256);
  fuse_loop_cfg_set_idle_threads(config, 8);
  return fuse_session_loop_mt(session, config);
}

static bool read_files(const char *tree) {
  rules_seed(seed);
  if (!tree_read(tree) || (rules_file && !rules_read(rules_file))) return false;
  if (loop_name) tree_add_loops(loop_name);
  return true;
}

int main(int count, char **arguments) {
  parse_options(count, arguments);
  if (!read_files(arguments[optind]) || !record_start(seed)) return 1;
  struct fuse_session *session = start_session(arguments[optind + 1]);
  if (!session) return 1;
  fprintf(stderr, "faultfs: seed %lu\nfaultfs: ready\n", seed);
  int status = serve(session);
  long unanswered = operations_answer_the_hung();
  fuse_session_unmount(session);
  pthread_mutex_lock(&tree_lock);
  record_end(unanswered);
  // The kernel gives up whatever else waits for an answer.
  _exit(status < 0 ? 1 : 0);
}
