#define _GNU_SOURCE
#include "ckernel.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <malloc.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define RESULT(call) ({ __typeof__(call) r_ = (call); r_ < 0 ? -errno : r_; })

static struct ck_time from(struct statx_timestamp t) { return (struct ck_time){t.tv_sec, t.tv_nsec}; }

int ck_statx(int directory, const char *name, int sync, uint32_t mask, struct ck_status *out) {
  struct statx s;
  if (statx(directory, name, AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT | sync | (*name ? 0 : AT_EMPTY_PATH), mask, &s))
    return -errno;
  *out = (struct ck_status){
      .mask = s.stx_mask,
      .mode = s.stx_mode,
      .owner = s.stx_uid,
      .links = s.stx_nlink,
      .device_major = s.stx_dev_major,
      .device_minor = s.stx_dev_minor,
      .inode = s.stx_ino,
      .size = s.stx_size,
      .blocks = s.stx_blocks,
      .attributes = s.stx_attributes & s.stx_attributes_mask & (CK_MOUNT_ROOT | CK_IMMUTABLE | CK_APPEND_ONLY),
      .atime = from(s.stx_atime),
      .mtime = from(s.stx_mtime),
      .ctime = from(s.stx_ctime),
      .birth = from(s.stx_btime),
  };
  return 0;
}

long ck_getdents64(int directory, void *buffer, size_t size) {
  return RESULT(syscall(SYS_getdents64, directory, buffer, size));
}

int ck_open_directory(int directory, const char *name, int to_list) {
  return RESULT(openat(directory, name, (to_list ? O_RDONLY : O_PATH) | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
}

int ck_open_to_read(const char *path) { return RESULT(open(path, O_RDONLY | O_CLOEXEC)); }
int ck_touch(int directory) { return RESULT(futimens(directory, NULL)); }

int ck_file_status(const char *path, int fd, struct ck_status *out) {
  struct statx s;
  if (statx(path ? AT_FDCWD : fd, path ? path : "", path ? 0 : AT_EMPTY_PATH, STATX_INO | STATX_TYPE, &s)) return -errno;
  *out = (struct ck_status){
      .mode = s.stx_mode, .device_major = s.stx_dev_major, .device_minor = s.stx_dev_minor, .inode = s.stx_ino};
  return 0;
}

int ck_link_status(const char *path, struct ck_status *out) {
  int fd = open(path, O_PATH | O_NOFOLLOW | O_CLOEXEC);
  if (fd < 0) return -errno;
  int result = ck_file_status(NULL, fd, out);
  close(fd);
  return result;
}

int ck_create_file(int directory, const char *name) {
  return RESULT(openat(directory, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
}

long ck_seek(int fd, int64_t offset) { return RESULT(lseek(fd, offset, SEEK_SET)); }

int ck_unlink(int directory, const char *name, int is_directory) {
  return RESULT(unlinkat(directory, name, is_directory ? AT_REMOVEDIR : 0));
}

// Kernels before 5.8 know no flags; some sandboxes answer EPERM to calls that they do not know.
static int may(int directory, const char *name, int access) {
#ifdef SYS_faccessat2
  if (!syscall(SYS_faccessat2, directory, name, access, AT_EACCESS | AT_SYMLINK_NOFOLLOW)) return 0;
  if (errno != ENOSYS && errno != EPERM) return -errno;
#endif
  return RESULT((int)syscall(SYS_faccessat, directory, name, access));
}

int ck_may_change(int directory) {
  int refusal = may(directory, ".", W_OK | X_OK);
  if (refusal) return refusal;
  struct statx s;
  // What cannot be told does not stand against it.
  if (statx(directory, "", AT_EMPTY_PATH | AT_STATX_DONT_SYNC, 0, &s)) return 0;
  return s.stx_attributes & (STATX_ATTR_IMMUTABLE | STATX_ATTR_APPEND) ? -EPERM : 0;
}

int ck_may_list(int directory, const char *name) { return may(directory, name, R_OK | X_OK); }

uint32_t ck_effective_user(void) { return geteuid(); }

int ck_may_disregard_owners(void) {
  struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
  struct __user_cap_data_struct sets[_LINUX_CAPABILITY_U32S_3] = {0};
  return !syscall(SYS_capget, &header, sets) && (sets[0].effective & 1u << CAP_FOWNER);
}

int ck_is_at(int fd, const void *path, size_t length) {
  char link[32], now[4096];
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  ssize_t got = readlink(link, now, sizeof now);
  if (got < 0) return -errno;
  // Cut off, it says nothing.
  if (got == sizeof now) return -ENAMETOOLONG;
  return (size_t)got == length && !memcmp(now, path, length);
}

long ck_path(int fd, void *buffer, size_t size) {
  char link[32];
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  return RESULT(readlink(link, buffer, size));
}

int ck_close(int fd) { return RESULT(close(fd)); }
long ck_read(int fd, void *buffer, size_t size) { return RESULT(read(fd, buffer, size)); }

long ck_read_from_start(int fd, void *buffer, size_t size) { return RESULT(pread(fd, buffer, size, 0)); }
int ck_open_to_write(const char *path) { return RESULT(open(path, O_WRONLY | O_CLOEXEC)); }
int ck_open_to_read_and_write(const char *path) { return RESULT(open(path, O_RDWR | O_NONBLOCK | O_CLOEXEC)); }
long ck_write(int fd, const void *buffer, size_t size) { return RESULT(write(fd, buffer, size)); }

int ck_eventfd(void) { return RESULT(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)); }

int ck_wait_for_any(struct ck_watched *watched, int count, int64_t timeout_nanoseconds) {
  enum { MOST = 16 };
  if (count > MOST) return -EINVAL;
  struct pollfd polled[MOST];
  for (int i = 0; i < count; i++)
    polled[i] = (struct pollfd){.fd = watched[i].fd, .events = watched[i].events == CK_URGENT ? POLLPRI : POLLIN};
  struct timespec timeout = {timeout_nanoseconds / 1000000000, timeout_nanoseconds % 1000000000};
  int ready = ppoll(polled, count, &timeout, NULL);
  if (ready < 0) return -errno;
  for (int i = 0; i < count; i++) {
    short seen = polled[i].revents;
    watched[i].seen = (seen & POLLIN ? CK_READABLE : 0) | (seen & POLLPRI ? CK_URGENT : 0) |
                      (seen & (POLLNVAL | POLLHUP) ? CK_BROKEN : 0) |
                      // Cgroup files say POLLERR with every event; alone it says that the group is gone.
                      ((seen & POLLERR) && !(seen & (POLLPRI | POLLIN)) ? CK_BROKEN : 0);
  }
  return ready;
}

long ck_raise_descriptor_limit(void) {
  struct rlimit limit;
  if (getrlimit(RLIMIT_NOFILE, &limit)) return -errno;
  if (limit.rlim_cur < limit.rlim_max) {
    rlim_t before = limit.rlim_cur;
    limit.rlim_cur = limit.rlim_max;
    if (setrlimit(RLIMIT_NOFILE, &limit)) limit.rlim_cur = before;
  }
  return limit.rlim_cur > 1 << 30 ? 1 << 30 : (long)limit.rlim_cur;
}

int ck_resource_limits(int which, struct ck_limits *out) {
  struct rlimit limit;
  if (getrlimit(which == CK_THREADS ? RLIMIT_NPROC : RLIMIT_NOFILE, &limit)) return -errno;
  *out = (struct ck_limits){limit.rlim_cur, limit.rlim_max};
  return 0;
}

int ck_limit_malloc_arenas(int count) { return mallopt(M_ARENA_MAX, count); }
void ck_return_freed_memory(void) { malloc_trim(0); }

int ck_has_raised_rights(void) { return getauxval(AT_SECURE) != 0; }

long ck_peak_resident_kib(void) {
  struct rusage usage;
  return getrusage(RUSAGE_SELF, &usage) ? -errno : usage.ru_maxrss;
}

int ck_be_punctual(void) {
  struct sched_param lowest = {.sched_priority = 1};
  if (!sched_setscheduler(0, SCHED_RR | SCHED_RESET_ON_FORK, &lowest)) return 0;
  // struct sched_attr, which glibc does not declare.
  struct {
    uint32_t size, policy;
    uint64_t flags;
    int32_t nice;
    uint32_t priority;
    uint64_t runtime, deadline, period;
  } attributes;
  if (syscall(SYS_sched_getattr, 0, &attributes, sizeof attributes, 0)) return -errno;
  // A short slice has an early deadline, which is what threads that are ready to run are ordered by.
  attributes.runtime = 100000;
  return RESULT(syscall(SYS_sched_setattr, 0, &attributes, 0));
}

__attribute__((noinline)) void ck_touch_stack(void) {
  volatile char stack[64 * 1024];
  for (size_t at = 0; at < sizeof stack; at += 1024) stack[at] = 0;
}

struct start {
  void (*body)(void *);
  void *context;
  char name[16];
};

static void *trampoline(void *argument) {
  struct start start = *(struct start *)argument;
  free(argument);
  pthread_setname_np(pthread_self(), start.name);
  start.body(start.context);
  return NULL;
}

int ck_start_thread(size_t stack_size, const char *name, void (*body)(void *), void *context) {
  struct start *start = malloc(sizeof *start);
  if (!start) return -ENOMEM;
  *start = (struct start){.body = body, .context = context};
  snprintf(start->name, sizeof start->name, "%s", name);
  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
  int error = pthread_attr_setstacksize(&attributes, stack_size);
  pthread_t thread;
  if (!error) error = pthread_create(&thread, &attributes, trampoline, start);
  pthread_attr_destroy(&attributes);
  if (error) free(start);
  return -error;
}

// Without effect on /dev/null: tells it from one that somebody else opened, after another exec, too.
#define MARK O_DSYNC

static void occupy_standard_descriptors(void) {
  for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) {
    if (fcntl(fd, F_GETFD) >= 0) continue;
    // The lowest free number is this one. To be written to only: reading from what was closed stays an error.
    if (open("/dev/null", MARK | (fd == STDIN_FILENO ? O_WRONLY : O_RDWR)) >= 0) continue;
    // Can be neither read nor written, and needs no file.
    if (epoll_create1(0) < 0) return;
  }
}

int ck_is_placeholder(int fd) {
  struct stat status;
  int flags = fcntl(fd, F_GETFL);
  return flags >= 0 && (flags & MARK) == MARK && !fstat(fd, &status) && S_ISCHR(status.st_mode) && !isatty(fd);
}

static sigset_t taken, before;

static int is_ignored(int signal) {
  struct sigaction action;
  return !sigaction(signal, NULL, &action) && action.sa_handler == SIG_IGN;
}

void ck_begin_process(void) {
  static const int ends[] = {SIGTERM, SIGXCPU, SIGHUP, SIGINT, SIGQUIT};
  static const int ignored[] = {SIGPIPE, SIGXFSZ, SIGALRM, SIGVTALRM, SIGPROF, SIGIO, SIGUSR1, SIGUSR2};
  sigemptyset(&taken);
  for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
    // Who starts a program with these ignored wants it to go on without its terminal.
    int may_be_ignored = ends[i] != SIGTERM && ends[i] != SIGXCPU;
    if (!may_be_ignored || !is_ignored(ends[i])) sigaddset(&taken, ends[i]);
  }
  // Ignored, and waited for all the same: Linux keeps a blocked signal.
  sigaddset(&taken, SIGUSR1);
  pthread_sigmask(SIG_BLOCK, &taken, &before);
  for (size_t i = 0; i < sizeof ignored / sizeof *ignored; i++) signal(ignored[i], SIG_IGN);
  occupy_standard_descriptors();
}

void ck_release_signals(void) { pthread_sigmask(SIG_SETMASK, &before, NULL); }

int ck_wait_for_signal(int64_t nanoseconds) {
  if (nanoseconds < 0) return RESULT(sigwaitinfo(&taken, NULL));
  struct timespec timeout = {nanoseconds / 1000000000, nanoseconds % 1000000000};
  int signal = RESULT(sigtimedwait(&taken, NULL, &timeout));
  return signal == -EAGAIN ? 0 : signal;
}

const char *ck_signal_name(int signal) {
  switch (signal) {
    case SIGTERM: return "SIGTERM";
    case SIGINT: return "SIGINT";
    case SIGHUP: return "SIGHUP";
    case SIGQUIT: return "SIGQUIT";
    case SIGXCPU: return "SIGXCPU";
    case SIGUSR1: return "SIGUSR1";
    default: return "a signal";
  }
}

const char *ck_errno_name(int error) {
  const char *name = strerrorname_np(error);
  return name ? name : "unknown";
}
