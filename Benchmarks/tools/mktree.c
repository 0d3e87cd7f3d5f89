// Makes a tree of files, some of them old, the same for the same seed. See --help.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static const char usage[] =
    "usage: mktree --root DIRECTORY --files N [OPTION…]\n"
    "  --dirs N           directories that hold the files, evenly (1)\n"
    "  --depth N          how many levels below the root these are (1); the levels between hold directories only\n"
    "  --flat             all files in the root itself\n"
    "  --old-fraction F   of the files, so many are older than --age (0.5)\n"
    "  --age DAYS         (30)\n"
    "  --size BYTES       of each file, without contents (0)\n"
    "  --seed N           which files are old, and how old (1)\n"
    "  --threads N        (2)\n"
    "Prints a line of JSON. Files are at least two hours older, or a day younger, than --age.\n";

enum { DAY = 86400, MARGIN = 7200, MAX_THREADS = 64, MAX_PATH = 4096 };

static struct {
  const char *root;
  long files, directories, depth, age_days, size, threads;
  bool flat;
  double old_fraction;
  uint64_t seed;
} wanted = {.directories = 1, .depth = 1, .age_days = 30, .threads = 2, .old_fraction = 0.5, .seed = 1};

static int root_fd;
static time_t now;
static long fan_out = 1;  // subdirectories in each directory above the lowest level
static atomic_long next_directory, old_files;

static _Noreturn void fail(const char *what) {
  perror(what);
  exit(1);
}

// MARK: chance

// splitmix64: a number that looks like chance, the same for the same input.
static uint64_t scramble(uint64_t x) {
  x += 0x9E3779B97F4A7C15u;
  x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9u;
  x = (x ^ (x >> 27)) * 0x94D049BB133111EBu;
  return x ^ (x >> 31);
}

static bool is_old(uint64_t chance) { return (chance >> 11) * 0x1p-53 < wanted.old_fraction; }

static struct timespec time_of_file(bool old, uint64_t chance) {
  time_t age = wanted.age_days * DAY;
  time_t seconds = old ? now - age - MARGIN - (time_t)(chance % (300 * DAY))
                       : now - (time_t)(chance % (age > DAY ? age - DAY : 1));
  return (struct timespec){seconds, chance % 1000000000};
}

// MARK: directories

// The path below the root of the directory with this number; all directories on the way are made.
static void make_path(long number, char path[MAX_PATH]) {
  if (wanted.flat) {
    strcpy(path, ".");
    return;
  }
  char *end = path;
  long divisor = 1;
  for (long level = 1; level < wanted.depth; level++) divisor *= fan_out;
  for (long level = 1; level < wanted.depth; level++, divisor /= fan_out) {
    end += snprintf(end, path + MAX_PATH - end, "level%ld-%03ld", level, number / divisor % fan_out);
    if (mkdirat(root_fd, path, 0755) && errno != EEXIST) fail(path);
    *end++ = '/';
  }
  snprintf(end, path + MAX_PATH - end, "dir%06ld", number);
  if (mkdirat(root_fd, path, 0755) && errno != EEXIST) fail(path);
}

// The smallest number whose `depth`th power is at least `count`.
static long root_of(long count, long depth) {
  for (long base = 1;; base++) {
    long power = 1;
    for (long i = 0; i < depth && power < count; i++) power *= base;
    if (power >= count) return base;
  }
}

// MARK: files

static bool make_file(int directory, long number) {
  uint64_t chance = scramble(wanted.seed * 0x1000003 + number), more = scramble(chance);
  char name[64];
  snprintf(name, sizeof name, "file-%08ld-%06x.dat", number, (unsigned)(more & 0xffffff));
  int file = openat(directory, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
  if (file < 0) fail(name);
  if (wanted.size > 0 && ftruncate(file, wanted.size)) fail("ftruncate");
  bool old = is_old(chance);
  struct timespec time = time_of_file(old, more);
  if (futimens(file, (struct timespec[2]){time, time})) fail("futimens");
  close(file);
  return old;
}

static void fill_directory(long number, long directories) {
  char path[MAX_PATH];
  make_path(number, path);
  int directory = openat(root_fd, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (directory < 0) fail(path);
  long first = wanted.files * number / directories, end = wanted.files * (number + 1) / directories;
  long old = 0;
  for (long file = first; file < end; file++) old += make_file(directory, file);
  close(directory);
  old_files += old;
}

static void *work(void *context) {
  long directories = wanted.flat ? 1 : wanted.directories;
  for (long number; (number = next_directory++) < directories;) fill_directory(number, directories);
  return context;
}

// MARK: command line

enum { ROOT, FILES, DIRS, DEPTH, FLAT, OLD_FRACTION, AGE, SIZE, SEED, THREADS };

static void parse_options(int count, char **arguments) {
  static const struct option options[] = {
      {"root", 1, 0, ROOT}, {"files", 1, 0, FILES}, {"dirs", 1, 0, DIRS}, {"depth", 1, 0, DEPTH},
      {"flat", 0, 0, FLAT}, {"old-fraction", 1, 0, OLD_FRACTION}, {"age", 1, 0, AGE}, {"size", 1, 0, SIZE},
      {"seed", 1, 0, SEED}, {"threads", 1, 0, THREADS}, {"help", 0, 0, '?'}, {0}};
  int option;
  while ((option = getopt_long(count, arguments, "", options, NULL)) != -1) {
    switch (option) {
    case ROOT: wanted.root = optarg; break;
    case FILES: wanted.files = atol(optarg); break;
    case DIRS: wanted.directories = atol(optarg); break;
    case DEPTH: wanted.depth = atol(optarg); break;
    case FLAT: wanted.flat = true; break;
    case OLD_FRACTION: wanted.old_fraction = atof(optarg); break;
    case AGE: wanted.age_days = atol(optarg); break;
    case SIZE: wanted.size = atol(optarg); break;
    case SEED: wanted.seed = strtoull(optarg, NULL, 0); break;
    case THREADS: wanted.threads = atol(optarg); break;
    default: fputs(usage, stderr); exit(64);
    }
  }
  if (!wanted.root || optind != count || wanted.files < 0 || wanted.directories < 1 || wanted.depth < 1 ||
      wanted.threads < 1 || wanted.threads > MAX_THREADS) {
    fputs(usage, stderr);
    exit(64);
  }
}

int main(int count, char **arguments) {
  parse_options(count, arguments);
  now = time(NULL);
  if (wanted.depth > 1) fan_out = root_of(wanted.directories, wanted.depth);
  if (mkdir(wanted.root, 0755) && errno != EEXIST) fail(wanted.root);
  root_fd = open(wanted.root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (root_fd < 0) fail(wanted.root);
  pthread_t threads[MAX_THREADS];
  for (long i = 0; i < wanted.threads; i++) {
    if (pthread_create(&threads[i], NULL, work, NULL)) fail("pthread_create");
  }
  for (long i = 0; i < wanted.threads; i++) pthread_join(threads[i], NULL);
  printf("{\"files\": %ld, \"old\": %ld, \"directories\": %ld}\n", wanted.files, old_files,
         wanted.flat ? 0 : wanted.directories);
}
