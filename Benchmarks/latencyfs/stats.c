#define _GNU_SOURCE
#include "stats.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "delays.h"
#include "timers.h"

struct sample {
  double time;
  long in_flight, answered, unlinks;
  double latency;
};

static const char *const kind_names[] = KIND_NAMES;
static atomic_long counts[KINDS];
static atomic_long in_flight, peak, answered, unlinks, listed;
static _Atomic uint64_t first_request;  // when it arrived

static pthread_mutex_t series_lock = PTHREAD_MUTEX_INITIALIZER;
static struct sample *series;
static size_t series_length, series_capacity;

void stats_count(enum kind kind) { counts[kind]++; }
void stats_listed(long entries) { listed += entries; }

void stats_arrived(enum kind kind) {
  uint64_t none = 0;
  if (first_request == 0) atomic_compare_exchange_strong(&first_request, &none, monotonic_now());
  counts[kind]++;
  long now = ++in_flight, highest = peak;
  while (now > highest && !atomic_compare_exchange_weak(&peak, &highest, now)) continue;
}

void stats_answered(enum kind kind) {
  in_flight--;
  answered++;
  if (kind == UNLINK) unlinks++;
}

void stats_sample(void) {
  pthread_mutex_lock(&series_lock);
  if (series_length == series_capacity) {
    series_capacity = series_capacity ? series_capacity * 2 : 1024;
    series = realloc(series, series_capacity * sizeof *series);
    if (!series) abort();
  }
  series[series_length++] = (struct sample){
      .time = monotonic_now() / 1e9,
      .in_flight = in_flight,
      .answered = answered,
      .unlinks = unlinks,
      .latency = delays_latency(),
  };
  pthread_mutex_unlock(&series_lock);
}

static void write_counters(FILE *file) {
  struct rusage used;
  getrusage(RUSAGE_SELF, &used);
  fprintf(file, "{\n");
  for (int kind = 0; kind < KINDS; kind++) fprintf(file, "\"%s\": %ld, ", kind_names[kind], counts[kind]);
  fprintf(file, "\n\"answered\": %ld, \"entries_listed\": %ld, \"in_flight\": %ld, \"peak_in_flight\": %ld",
          answered, listed, in_flight, peak);
  fprintf(file, ",\n\"first_request_monotonic_s\": %.6f", first_request / 1e9);
  fprintf(file, ",\n\"cpu_s\": %.3f, \"peak_rss_kib\": %ld",
          used.ru_utime.tv_sec + used.ru_stime.tv_sec + (used.ru_utime.tv_usec + used.ru_stime.tv_usec) / 1e6,
          used.ru_maxrss);
}

static void write_series(FILE *file) {
  fprintf(file, ",\n\"series_columns\": [\"monotonic_s\", \"in_flight\", \"answered\", \"unlinks\", \"latency_ms\"]");
  fprintf(file, ",\n\"series\": [");
  pthread_mutex_lock(&series_lock);
  for (size_t i = 0; i < series_length; i++) {
    const struct sample *s = &series[i];
    fprintf(file, "%s\n[%.4f, %ld, %ld, %ld, %g]", i ? "," : "", s->time, s->in_flight, s->answered, s->unlinks,
            s->latency);
  }
  pthread_mutex_unlock(&series_lock);
  fprintf(file, "\n]");
}

void stats_write(const char *path) {
  if (!path) {
    write_counters(stderr);
    fprintf(stderr, "\n}\n");
    return;
  }
  char partial[4096];
  snprintf(partial, sizeof partial, "%s.partial", path);
  FILE *file = fopen(partial, "we");
  if (!file) {
    perror(partial);
    return;
  }
  write_counters(file);
  write_series(file);
  fprintf(file, "\n}\n");
  if (fclose(file) || rename(partial, path)) perror(path);  // whoever waits for the file never sees half of it
}
