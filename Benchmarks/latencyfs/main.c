// A file system that passes a directory through and answers every metadata operation after a delay, any number of them
// at once: a stand-in for a network file system. See --help, and ../README.md for what it does not simulate.
#define _GNU_SOURCE
#include <fcntl.h>
#include <getopt.h>
#include <linux/fuse.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include "delays.h"
#include "nodes.h"
#include "operations.h"
#include "stats.h"
#include "timers.h"

static const char usage[] =
    "usage: latencyfs [OPTION…] SOURCE MOUNTPOINT\n"
    "Stays in the foreground; ends when it is unmounted, or by SIGTERM or SIGINT.\n"
    "  --latency MS            delay of every metadata operation (3)\n"
    "  --jitter FRACTION       each delay differs by up to this part of it, evenly (0)\n"
    "  --lookup MS  --getattr MS  --setattr MS  --readdir MS  --unlink MS  --rmdir MS  --open MS  --opendir MS\n"
    "  --other MS              delay of this kind of operation\n"
    "  --slow-name NAME:MS     delay of every operation on or inside directories of that name; repeatable\n"
    "  --iops N                at most N operations are answered per second\n"
    "  --readdirplus no|auto|always   whether listings bring the entries' attributes (auto, as NFS does)\n"
    "  --attr-timeout S        how long the kernel believes attributes (3)\n"
    "  --entry-timeout S       how long the kernel believes names (30)\n"
    "  --control FILE          settings, one a line, as in 'latency 20'; read again when it changes, or on SIGHUP\n"
    "  --stats FILE            counters and a time series as JSON, written at the end and on SIGUSR1\n"
    "  --with-parent           end when the process that started it ends\n"
    "  --timer-threads N       threads that carry out what is due (4)\n";

static const char *control_file, *stats_file;
static int timer_threads = 4;

// MARK: options

static _Noreturn void refuse(const char *what, const char *value) {
  fprintf(stderr, "latencyfs: %s: %s\n%s", what, value, usage);
  exit(64);
}

static enum readdirplus parse_plus(const char *value) {
  if (strcmp(value, "no") == 0) return PLUS_NO;
  if (strcmp(value, "auto") == 0) return PLUS_AUTO;
  if (strcmp(value, "always") == 0) return PLUS_ALWAYS;
  refuse("--readdirplus is no, auto or always, not", value);
}

enum { DELAY_SETTING, PLUS, ATTR_TIMEOUT, ENTRY_TIMEOUT, CONTROL, STATS, TIMER_THREADS, WITH_PARENT, HELP };

static const struct option options[] = {
    {"latency", 1, 0, DELAY_SETTING}, {"jitter", 1, 0, DELAY_SETTING}, {"lookup", 1, 0, DELAY_SETTING},
    {"getattr", 1, 0, DELAY_SETTING}, {"setattr", 1, 0, DELAY_SETTING}, {"readdir", 1, 0, DELAY_SETTING},
    {"unlink", 1, 0, DELAY_SETTING}, {"rmdir", 1, 0, DELAY_SETTING}, {"open", 1, 0, DELAY_SETTING},
    {"opendir", 1, 0, DELAY_SETTING}, {"other", 1, 0, DELAY_SETTING}, {"slow-name", 1, 0, DELAY_SETTING},
    {"iops", 1, 0, DELAY_SETTING}, {"readdirplus", 1, 0, PLUS}, {"attr-timeout", 1, 0, ATTR_TIMEOUT},
    {"entry-timeout", 1, 0, ENTRY_TIMEOUT}, {"control", 1, 0, CONTROL}, {"stats", 1, 0, STATS},
    {"timer-threads", 1, 0, TIMER_THREADS}, {"with-parent", 0, 0, WITH_PARENT}, {"help", 0, 0, HELP}, {0}};

// The two operands are left at `optind`.
static void parse_options(int count, char **arguments) {
  int option, place;
  while ((option = getopt_long(count, arguments, "", options, &place)) != -1) {
    switch (option) {
    case DELAY_SETTING:
      if (!delays_set(options[place].name, optarg)) refuse(options[place].name, optarg);
      break;
    case PLUS: caching.plus = parse_plus(optarg); break;
    case ATTR_TIMEOUT: caching.attributes = atof(optarg); break;
    case ENTRY_TIMEOUT: caching.entries = atof(optarg); break;
    case CONTROL: control_file = optarg; break;
    case STATS: stats_file = optarg; break;
    case TIMER_THREADS: timer_threads = atoi(optarg); break;
    case WITH_PARENT: prctl(PR_SET_PDEATHSIG, SIGTERM); break;
    case HELP: fputs(usage, stdout); exit(0);
    default: exit(64);
    }
  }
  if (count - optind != 2) refuse("needed are", "SOURCE and MOUNTPOINT");
  if (timer_threads < 1) refuse("--timer-threads", "at least 1");
}

// MARK: housekeeping

// True when the control file is another than at the last call.
static bool control_changed(void) {
  static struct stat known;
  struct stat status;
  if (!control_file || stat(control_file, &status)) return false;
  // The size too: a file that is emptied and written within one tick of the clock has the same time twice.
  bool changed = status.st_mtim.tv_sec != known.st_mtim.tv_sec || status.st_mtim.tv_nsec != known.st_mtim.tv_nsec ||
                 status.st_size != known.st_size || status.st_ino != known.st_ino;
  known = status;
  return changed;
}

static void housekeeping_signals(sigset_t *set) {
  sigemptyset(set);
  sigaddset(set, SIGUSR1);
  sigaddset(set, SIGHUP);
}

// Samples every 50 ms, and takes the signals that are blocked everywhere else.
static void *keep_house(void *context) {
  sigset_t set;
  housekeeping_signals(&set);
  uint64_t next = monotonic_now();
  for (;;) {
    uint64_t now = monotonic_now();
    if (now >= next) {
      stats_sample();
      if (control_changed()) delays_read(control_file);
      next += 50000000;
      continue;
    }
    struct timespec rest = {.tv_nsec = next - now};
    int signal = sigtimedwait(&set, NULL, &rest);
    if (signal == SIGUSR1) stats_write(stats_file);
    if (signal == SIGHUP && control_file) delays_read(control_file);
  }
  return context;
}

// SIGTERM and SIGINT must reach the main thread, whose wait they end: all others have everything blocked.
static bool start_threads(void) {
  sigset_t all, before;
  pthread_t house;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  bool started = timers_start(timer_threads) && pthread_create(&house, NULL, keep_house, NULL) == 0;
  pthread_sigmask(SIG_SETMASK, &before, NULL);
  return started;
}

// As many descriptors as may be had: each directory that the kernel remembers takes one.
static void raise_descriptor_limit(void) {
  struct rlimit limit;
  getrlimit(RLIMIT_NOFILE, &limit);
  struct rlimit more = {.rlim_cur = 1 << 20, .rlim_max = 1 << 20};
  if (limit.rlim_max >= more.rlim_max || setrlimit(RLIMIT_NOFILE, &more)) {
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
  }
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
  char *arguments[] = {"latencyfs", "-o", geteuid() == 0 ? "allow_other,fsname=latencyfs,subtype=latencyfs"
                                                         : "fsname=latencyfs,subtype=latencyfs", NULL};
  struct fuse_args args = FUSE_ARGS_INIT(3, arguments);
  struct fuse_session *session = fuse_session_new(&args, &operations, sizeof operations, NULL);
  if (!session || fuse_set_signal_handlers(session) || fuse_session_mount(session, mountpoint)) return NULL;
  if (fuse_session_custom_io(session, &io, fuse_session_fd(session))) {
    fuse_session_unmount(session);
    return NULL;
  }
  return session;
}

static int serve(struct fuse_session *session) {
  struct fuse_loop_config *config = fuse_loop_cfg_create();
  fuse_loop_cfg_set_max_threads(config, 4);
  fuse_loop_cfg_set_idle_threads(config, 4);
  int status = fuse_session_loop_mt(session, config);
  timers_stop();  // nobody waits for these answers any more
  fuse_session_unmount(session);
  return status;
}

int main(int count, char **arguments) {
  parse_options(count, arguments);
  if (control_changed()) delays_read(control_file);
  raise_descriptor_limit();
  umask(0);
  int source = open(arguments[optind], O_PATH | O_DIRECTORY | O_CLOEXEC);
  if (source < 0) {
    perror(arguments[optind]);
    return 1;
  }
  nodes_start(source);
  sigset_t set;
  housekeeping_signals(&set);
  pthread_sigmask(SIG_BLOCK, &set, NULL);
  struct fuse_session *session = start_session(arguments[optind + 1]);
  if (!session || !start_threads()) return 1;
  int status = serve(session);
  stats_sample();
  stats_write(stats_file);
  _exit(status < 0 ? 1 : 0);  // without waiting for requests whose delay is not over
}
