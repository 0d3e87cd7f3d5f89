// Preloaded into the tool: writes a line for each look at a file, forced or not, and each removal, with its thread, times
// and folder, so that a scenario can tell how the tool went about it. From the first removal on, and while the file
// HOLD_FILE exists, forced looks at names wait before they are made, as if the server were slow: whatever is changed meanwhile, a
// look that is made then must see. Not before, since a tool may ask the server's clock in the first folder, and in all
// that it works in at that moment; that makes the client ask for the folder's names anew.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static int output = -1;
static const char *hold;
static atomic_int is_armed;
static int (*real_statx)(int, const char *, int, unsigned, struct statx *);
static int (*real_unlinkat)(int, const char *, int);

__attribute__((constructor)) static void start(void) {
  *(void **)&real_statx = dlsym(RTLD_NEXT, "statx");
  *(void **)&real_unlinkat = dlsym(RTLD_NEXT, "unlinkat");
  hold = getenv("HOLD_FILE");
  const char *path = getenv("TRACE_FILE");
  if (path) output = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
}

static double now(void) {
  struct timespec time;
  clock_gettime(CLOCK_REALTIME, &time);
  return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static void note(const char *what, int descriptor, const char *name, double began, int result) {
  double ended = now();
  char link[40], folder[300] = "-", line[700];
  snprintf(link, sizeof link, "/proc/self/fd/%d", descriptor);
  ssize_t length = descriptor < 0 ? -1 : readlink(link, folder, sizeof folder - 1);
  folder[length > 0 ? length : 1] = 0;
  int size = snprintf(line, sizeof line, "%s %ld %s %.6f %.6f %d %s\n", what, (long)syscall(SYS_gettid), folder, began,
                      ended, result, *name ? name : ".");
  if (size > 0 && size < (int)sizeof line && write(output, line, (size_t)size) < 0) output = -1;
}

static void wait_while_held(int folder, const char *name) {
  struct timespec pause = {0, 5000000};
  if (!hold || !is_armed || access(hold, F_OK) != 0) return;
  note("held", folder, name, now(), 0);
  while (access(hold, F_OK) == 0) nanosleep(&pause, NULL);
}

int statx(int folder, const char *name, int flags, unsigned mask, struct statx *status) {
  int is_forced = (flags & AT_STATX_FORCE_SYNC) != 0;
  if (is_forced && *name) wait_while_held(folder, name);
  double began = now();
  int result = real_statx(folder, name, flags, mask, status);
  if (output >= 0) note(is_forced ? "look" : "status", folder, name, began, result);
  return result;
}

int unlinkat(int folder, const char *name, int flags) {
  double began = now();
  int result = real_unlinkat(folder, name, flags);
  if (result == 0) is_armed = 1;
  if (output >= 0) note("remove", folder, name, began, result);
  return result;
}
