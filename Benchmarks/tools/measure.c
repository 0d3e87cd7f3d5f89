// Runs a command and tells what it took: time, processor time and memory of its whole process tree. See --help.
// In C, since a process that is started keeps the peak of the one that started it, and an interpreter's is high.
#define _GNU_SOURCE
#include <fcntl.h>
#include <getopt.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static const char usage[] =
    "usage: measure [OPTION…] -- COMMAND [ARGUMENT…]\n"
    "  --json FILE      where the figures go (standard output)\n"
    "  --output FILE    where the command's output goes, both streams (/dev/null)\n"
    "  --timeout S      kill the command after so many seconds (3600)\n"
    "  --cgroup DIR     run the command in this memory cgroup and sample what of its memory cannot be reclaimed\n";

enum { SAMPLE_NS = 10000000, KERNEL_STACK_KIB = 16, MAX_NESTING = 8 };

static const char *json_path, *output_path = "/dev/null", *cgroup;
static double timeout = 3600;

// What a process tree has at one moment, in KiB where it is memory.
struct usage {
  long resident, page_tables, threads;
};

static double now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec + time.tv_nsec / 1e9;
}

static long larger(long a, long b) { return a > b ? a : b; }

// MARK: sampling

static void add_status(pid_t process, struct usage *sum) {
  char line[256];
  snprintf(line, sizeof line, "/proc/%d/status", process);
  FILE *file = fopen(line, "re");
  if (!file) return;
  while (fgets(line, sizeof line, file)) {
    long value;
    if (sscanf(line, "VmRSS: %ld", &value) == 1) sum->resident += value;
    else if (sscanf(line, "VmPTE: %ld", &value) == 1) sum->page_tables += value;
    else if (sscanf(line, "Threads: %ld", &value) == 1) sum->threads += value;
  }
  fclose(file);
}

static void add_tree(pid_t process, int nesting, struct usage *sum) {
  add_status(process, sum);
  char path[64];
  snprintf(path, sizeof path, "/proc/%d/task/%d/children", process, process);
  FILE *file = nesting < MAX_NESTING ? fopen(path, "re") : NULL;
  if (!file) return;
  int child;
  while (fscanf(file, "%d", &child) == 1) add_tree(child, nesting + 1, sum);
  fclose(file);
}

// Bytes of the cgroup that cannot be reclaimed, -1 when it does not say. Version 1 does not tell kernel stacks and page
// tables apart from the caches of the file system; they are then counted from the processes, and slab is left out.
static long cgroup_bytes(const struct usage *tree) {
  static const char *const version_2[] = {"anon", "shmem", "kernel_stack", "pagetables", "slab_unreclaimable", NULL};
  static const char *const version_1[] = {"total_rss", "total_shmem", NULL};
  char path[4096], name[64];
  snprintf(path, sizeof path, "%s/memory.current", cgroup);
  bool second = access(path, F_OK) == 0;
  const char *const *wanted = second ? version_2 : version_1;
  snprintf(path, sizeof path, "%s/memory.stat", cgroup);
  FILE *file = fopen(path, "re");
  if (!file) return -1;
  long sum = second ? 0 : (tree->threads * KERNEL_STACK_KIB + tree->page_tables) * 1024, value;
  while (fscanf(file, "%63s %ld", name, &value) == 2) {
    for (int i = 0; wanted[i]; i++) sum += strcmp(name, wanted[i]) == 0 ? value : 0;
  }
  fclose(file);
  return sum;
}

// MARK: the command

static void join_cgroup(void) {
  char path[4096];
  snprintf(path, sizeof path, "%s/cgroup.procs", cgroup);
  int file = open(path, O_WRONLY | O_CLOEXEC);
  if (file < 0 || write(file, "0", 1) != 1) {
    perror(path);
    _exit(126);
  }
  close(file);
}

static pid_t start(char **command) {
  pid_t child = fork();
  if (child != 0) return child;
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, NULL);
  setpgid(0, 0);
  if (cgroup) join_cgroup();
  int output = open(output_path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  int input = open("/dev/null", O_RDONLY | O_CLOEXEC);
  if (output < 0 || input < 0) _exit(126);
  dup2(input, STDIN_FILENO);
  dup2(output, STDOUT_FILENO);
  dup2(output, STDERR_FILENO);
  execvp(command[0], command);
  perror(command[0]);
  _exit(127);
}

struct result {
  double began, wall;  // seconds; `began` of CLOCK_MONOTONIC
  int status;
  bool timed_out;
  long peak_tree, peak_threads, peak_cgroup;
};

static void sample(pid_t child, struct result *result) {
  struct usage tree = {0};
  add_tree(child, 0, &tree);
  result->peak_tree = larger(result->peak_tree, tree.resident);
  result->peak_threads = larger(result->peak_threads, tree.threads);
  if (cgroup) result->peak_cgroup = larger(result->peak_cgroup, cgroup_bytes(&tree));
}

static volatile sig_atomic_t stopped;
static void on_stop(int signal) { stopped = signal; }

// Waits for the child, sampling; its descendants that outlive it are killed with its process group.
static struct result watch(pid_t child, double began) {
  struct result result = {.began = began, .peak_cgroup = -1};
  sigset_t child_ended;
  sigemptyset(&child_ended);
  sigaddset(&child_ended, SIGCHLD);
  const struct timespec period = {.tv_nsec = SAMPLE_NS};
  while (waitpid(child, &result.status, WNOHANG) == 0) {
    sample(child, &result);
    result.timed_out = result.timed_out || now() - began > timeout;
    if (result.timed_out || stopped) kill(-child, SIGKILL);
    sigtimedwait(&child_ended, NULL, &period);
  }
  result.wall = now() - began;
  kill(-child, SIGKILL);
  while (waitpid(-1, NULL, WNOHANG) > 0) continue;
  return result;
}

// MARK: figures

static double seconds(struct timeval time) { return time.tv_sec + time.tv_usec / 1e6; }

static void print(FILE *file, const struct result *result) {
  struct rusage used;
  getrusage(RUSAGE_CHILDREN, &used);
  int status = WIFEXITED(result->status) ? WEXITSTATUS(result->status) : 128 + WTERMSIG(result->status);
  fprintf(file, "{\"began_monotonic_s\": %.6f, \"wall_s\": %.4f, ", result->began, result->wall);
  fprintf(file, "\"user_s\": %.4f, \"system_s\": %.4f, ", seconds(used.ru_utime), seconds(used.ru_stime));
  fprintf(file, "\"peak_tree_kib\": %ld, \"peak_process_kib\": %ld, \"peak_threads\": %ld, ",
          larger(result->peak_tree, used.ru_maxrss), used.ru_maxrss, result->peak_threads);
  if (result->peak_cgroup >= 0) fprintf(file, "\"peak_cgroup_kib\": %ld, ", result->peak_cgroup / 1024);
  fprintf(file, "\"status\": %d, \"timed_out\": %s}\n", status, result->timed_out ? "true" : "false");
}

// MARK: command line

static char **parse_options(int count, char **arguments) {
  static const struct option options[] = {{"json", 1, 0, 'j'}, {"output", 1, 0, 'o'}, {"timeout", 1, 0, 't'},
                                          {"cgroup", 1, 0, 'c'}, {"help", 0, 0, '?'}, {0}};
  int option;
  while ((option = getopt_long(count, arguments, "+", options, NULL)) != -1) {
    switch (option) {
    case 'j': json_path = optarg; break;
    case 'o': output_path = optarg; break;
    case 't': timeout = atof(optarg); break;
    case 'c': cgroup = optarg; break;
    default: optind = count; break;
    }
  }
  if (optind >= count) {
    fputs(usage, stderr);
    exit(64);
  }
  return arguments + optind;
}

int main(int count, char **arguments) {
  char **command = parse_options(count, arguments);
  FILE *json = json_path ? fopen(json_path, "we") : stdout;
  if (!json) {
    perror(json_path);
    return 1;
  }
  prctl(PR_SET_PDEATHSIG, SIGTERM);    // nobody would read the figures
  prctl(PR_SET_CHILD_SUBREAPER, 1);  // so that the time of descendants whose parent is gone is counted too
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGCHLD);
  sigprocmask(SIG_BLOCK, &set, NULL);
  signal(SIGTERM, on_stop);
  signal(SIGINT, on_stop);
  double began = now();
  pid_t child = start(command);
  if (child < 0) {
    perror("fork");
    return 1;
  }
  struct result result = watch(child, began);
  print(json, &result);
  return stopped ? 128 + stopped : 0;
}
