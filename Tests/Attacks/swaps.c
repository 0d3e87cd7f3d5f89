// Attacks a tree while somebody purges it: see usage. Everything goes through descriptors of the two folders, so that
// moves of what stands above them do not lead astray the attacker itself.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static const char usage[] =
    "usage: swaps storm KINDS BASE DIRECTORIES FILES SEED\n"
    "       swaps young BASE DIRECTORIES FILES\n"
    "       swaps rescue BASE DIRECTORY DESTINATION AFTER\n"
    "BASE holds up/t, the tree: directories d0, d1, … with files f0, f1, …; and outside, with the same in sentinel.\n"
    "Each goes on until SIGTERM, and then tells what it did on standard output.\n"
    "  storm   swaps parts of the tree with something outside, and back; KINDS of links, files, away, ancestors, binds,\n"
    "          comma-separated; up to DIRECTORIES and FILES in each are taken\n"
    "  young   puts young files in the place of old ones, in directories that nobody has opened; prints their names\n"
    "  rescue  moves up/t/DIRECTORY to DESTINATION, below BASE, when AFTER files in it are gone, puts an old file there,\n"
    "          and counts what goes afterwards\n";

enum { PATH_ROOM = 512, OLD_SECONDS = 100 * 86400 };

static int base, tree, outside;  // descriptors
static unsigned directories, files;
static volatile sig_atomic_t is_over;

static void on_signal(int number) {
  (void)number;
  is_over = 1;
}

static _Noreturn void fail(const char *what) {
  perror(what);
  exit(1);
}

static uint64_t state;

static uint64_t random_number(void) {
  state ^= state << 13;
  state ^= state >> 7;
  state ^= state << 17;
  return state;
}

static void open_folders(const char *path) {
  base = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
  tree = openat(base, "up/t", O_PATH | O_DIRECTORY | O_CLOEXEC);
  outside = openat(base, "outside", O_PATH | O_DIRECTORY | O_CLOEXEC);
  if (base < 0 || tree < 0 || outside < 0) fail(path);
}

static bool exchange(int from, const char *name, int to, const char *other) {
  return renameat2(from, name, to, other, RENAME_EXCHANGE) == 0;
}

// MARK: storm

// A moment in which the other may fall into the trap.
static void linger(void) {
  for (uint64_t turns = random_number() % 20000; turns; turns--) __asm__ volatile("");
}

// Each strike swaps and swaps back; it returns how many of both were done.
typedef unsigned strike_function(void);

static unsigned swap_and_back(const char *inside, const char *link) {
  if (!exchange(tree, inside, outside, link)) return 0;
  linger();
  return exchange(tree, inside, outside, link) ? 2 : 1;
}

// The link is made anew when the purger took it for what it is: a name of the tree.
static void need_link(const char *link, const char *destination) {
  if (symlinkat(destination, outside, link) && errno != EEXIST) fail(link);
}

static unsigned strike_links(void) {
  char directory[PATH_ROOM], destination[PATH_ROOM];
  unsigned number = random_number() % directories;
  snprintf(directory, sizeof directory, "d%u", number);
  snprintf(destination, sizeof destination, "../../outside/sentinel/d%u", number);
  char link[] = "link";
  unlinkat(outside, link, 0);
  need_link(link, destination);
  return swap_and_back(directory, link);
}

static unsigned strike_files(void) {
  char file[PATH_ROOM], destination[PATH_ROOM];
  unsigned directory = random_number() % directories, number = random_number() % files;
  snprintf(file, sizeof file, "d%u/f%u", directory, number);
  snprintf(destination, sizeof destination, "../../../outside/sentinel/d%u/f%u", directory, number);
  char link[] = "file-link";
  unlinkat(outside, link, 0);
  need_link(link, destination);
  return swap_and_back(file, link);
}

static unsigned strike_away(void) {
  char directory[PATH_ROOM], away[PATH_ROOM];
  unsigned number = random_number() % directories;
  snprintf(directory, sizeof directory, "d%u", number);
  snprintf(away, sizeof away, "away/d%u", number);
  if (renameat2(tree, directory, outside, away, RENAME_NOREPLACE)) return 0;
  linger();
  return renameat2(outside, away, tree, directory, RENAME_NOREPLACE) ? 1 : 2;
}

// What stands above the tree is a link to a decoy for a moment.
static unsigned strike_ancestors(void) {
  if (!exchange(base, "up", outside, "up-link")) return 0;
  linger();
  return exchange(base, "up", outside, "up-link") ? 2 : 1;
}

static unsigned strike_binds(void) {
  char from[PATH_ROOM], over[PATH_ROOM];
  unsigned number = random_number() % directories;
  snprintf(from, sizeof from, "/proc/self/fd/%d/sentinel/d%u", outside, number);
  snprintf(over, sizeof over, "/proc/self/fd/%d/d%u", tree, number);
  if (mount(from, over, NULL, MS_BIND, NULL)) return 0;
  linger();
  return umount2(over, MNT_DETACH) ? 1 : 2;
}

static const struct strike {
  const char *name;
  strike_function *strike;
} strikes[] = {{"links", strike_links}, {"files", strike_files}, {"away", strike_away},
               {"ancestors", strike_ancestors}, {"binds", strike_binds}};
enum { STRIKES = sizeof strikes / sizeof *strikes };

static void storm(const char *kinds) {
  unsigned long counts[STRIKES] = {0};
  size_t chosen[STRIKES], count = 0;
  for (size_t i = 0; i < STRIKES; i++) {
    if (strstr(kinds, strikes[i].name)) chosen[count++] = i;
  }
  while (!is_over && count) {
    size_t which = chosen[random_number() % count];
    counts[which] += strikes[which].strike();
  }
  for (size_t i = 0; i < STRIKES; i++) {
    printf("%s\"%s\": %lu", i ? ", " : "{", strikes[i].name, counts[i]);
  }
  printf("}\n");
}

// MARK: watching

struct watcher {
  int fd;
  char buffer[1 << 16] __attribute__((aligned(8)));
};

static void watch(struct watcher *watcher, const char *name, uint32_t events) {
  char path[PATH_ROOM];
  snprintf(path, sizeof path, "/proc/self/fd/%d/%s", tree, name);
  if (inotify_add_watch(watcher->fd, path, events) < 0) fail(path);
}

typedef void take_function(const struct inotify_event *event, void *context);

// Hands over what has happened since; true when it was anything.
static bool take_events(struct watcher *watcher, take_function *take, void *context) {
  ssize_t length = read(watcher->fd, watcher->buffer, sizeof watcher->buffer);
  for (char *at = watcher->buffer; length > 0 && at < watcher->buffer + length;) {
    struct inotify_event *event = (struct inotify_event *)at;
    take(event, context);
    at += sizeof *event + event->len;
  }
  return length > 0;
}

// MARK: young

struct openings {
  bool *opened;  // by number of the watch, which begin at 1
};

static void note_opening(const struct inotify_event *event, void *context) {
  struct openings *openings = context;
  // The directory itself, not a file in it.
  if (event->len == 0 && event->wd > 0 && event->wd <= (int)directories) openings->opened[event->wd] = true;
}

static bool put_young(unsigned directory, unsigned file, char *name) {
  int fd = openat(outside, "young", O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0600);
  if (fd < 0) fail("young");
  close(fd);
  snprintf(name, PATH_ROOM, "d%u/f%u", directory, file);
  return renameat(outside, "young", tree, name) == 0;
}

// Only what was put there before anybody opened the directory can be judged: the first look at it shows a young file.
static void replace_by_young(struct watcher *watcher, struct openings *openings) {
  char name[PATH_ROOM];
  for (unsigned turn = 0; turn < directories * files && !is_over; turn++) {
    unsigned directory = directories - 1 - turn % directories;
    while (take_events(watcher, note_opening, openings)) {}
    if (openings->opened[directory + 1]) continue;
    bool is_there = put_young(directory, turn / directories, name);
    while (take_events(watcher, note_opening, openings)) {}
    if (is_there && !openings->opened[directory + 1]) printf("%s\n", name);
  }
}

static void young(void) {
  static struct watcher watcher;
  watcher.fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
  struct openings openings = {.opened = calloc(directories + 1, sizeof(bool))};
  if (watcher.fd < 0 || !openings.opened) fail("inotify");
  for (unsigned number = 0; number < directories; number++) {
    char name[32];
    snprintf(name, sizeof name, "d%u", number);
    watch(&watcher, name, IN_OPEN | IN_ACCESS | IN_ONLYDIR);
  }
  fprintf(stderr, "ready\n");
  replace_by_young(&watcher, &openings);
}

// MARK: rescue

struct deletions {
  unsigned long before, after;
  bool is_moved;
  bool is_incomplete;  // events were lost
};

static void count_deletion(const struct inotify_event *event, void *context) {
  struct deletions *deletions = context;
  if (event->mask & IN_Q_OVERFLOW) deletions->is_incomplete = true;
  if (event->mask & IN_MOVE_SELF) deletions->is_moved = true;
  if (!(event->mask & IN_DELETE)) return;
  if (deletions->is_moved) deletions->after++;
  else deletions->before++;
}

static void put_old_file(const char *folder) {
  char name[PATH_ROOM];
  snprintf(name, sizeof name, "%s/late", folder);
  int fd = openat(base, name, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
  struct timespec times[2] = {{.tv_sec = time(NULL) - OLD_SECONDS}, {.tv_sec = time(NULL) - OLD_SECONDS}};
  if (fd < 0 || futimens(fd, times)) fail(name);
  close(fd);
}

static void rescue(const char *directory, const char *destination, unsigned long after) {
  static struct watcher watcher;
  struct deletions deletions = {0};
  watcher.fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
  watch(&watcher, directory, IN_DELETE | IN_MOVE_SELF);
  struct pollfd waiting = {.fd = watcher.fd, .events = POLLIN};
  bool has_acted = false;
  fprintf(stderr, "ready\n");
  while (!is_over) {
    poll(&waiting, 1, 100);
    while (take_events(&watcher, count_deletion, &deletions)) {}
    if (has_acted || deletions.before < after) continue;
    has_acted = renameat(tree, directory, base, destination) == 0;
    if (has_acted) put_old_file(destination);
  }
  while (take_events(&watcher, count_deletion, &deletions)) {}
  printf("{\"moved\": %s, \"complete\": %s, \"before\": %lu, \"after\": %lu}\n", has_acted ? "true" : "false",
         deletions.is_incomplete ? "false" : "true", deletions.before, deletions.after);
}

// MARK: the command line

static void end_on_signals(void) {
  struct sigaction action = {.sa_handler = on_signal};
  sigaction(SIGTERM, &action, NULL);
  sigaction(SIGINT, &action, NULL);
}

static unsigned number_of(const char *text) {
  unsigned long number = strtoul(text, NULL, 10);
  if (number == 0 || number > UINT_MAX) fail(text);
  return (unsigned)number;
}

int main(int count, char **arguments) {
  end_on_signals();
  const char *mode = count > 1 ? arguments[1] : "";
  if (strcmp(mode, "storm") == 0 && count == 7) {
    open_folders(arguments[3]);
    directories = number_of(arguments[4]);
    files = number_of(arguments[5]);
    state = strtoull(arguments[6], NULL, 10) * 0x9E3779B97F4A7C15u | 1;
    fprintf(stderr, "ready\n");
    storm(arguments[2]);
  } else if (strcmp(mode, "young") == 0 && count == 5) {
    open_folders(arguments[2]);
    directories = number_of(arguments[3]);
    files = number_of(arguments[4]);
    young();
  } else if (strcmp(mode, "rescue") == 0 && count == 6) {
    open_folders(arguments[2]);
    rescue(arguments[3], arguments[4], number_of(arguments[5]));
  } else {
    fputs(usage, stderr);
    return 64;
  }
  return 0;
}
