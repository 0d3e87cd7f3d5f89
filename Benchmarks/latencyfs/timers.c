#define _GNU_SOURCE
#include "timers.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <time.h>

struct heap {
  pthread_mutex_t lock;
  pthread_cond_t earlier;  // a job came that is due before all others
  struct job **jobs;       // jobs[i] is due no later than jobs[2i + 1] and jobs[2i + 2]
  size_t count, capacity;
};

static struct heap *heaps;
static int heap_count;
static atomic_bool stopped;

uint64_t monotonic_now(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec * UINT64_C(1000000000) + now.tv_nsec;
}

static void insert(struct heap *heap, struct job *job) {
  if (heap->count == heap->capacity) {
    heap->capacity = heap->capacity ? heap->capacity * 2 : 256;
    heap->jobs = realloc(heap->jobs, heap->capacity * sizeof *heap->jobs);
    if (!heap->jobs) abort();
  }
  size_t place = heap->count++;
  while (place > 0) {
    size_t parent = (place - 1) / 2;
    if (heap->jobs[parent]->due <= job->due) break;
    heap->jobs[place] = heap->jobs[parent];
    place = parent;
  }
  heap->jobs[place] = job;
}

static struct job *take_first(struct heap *heap) {
  struct job *first = heap->jobs[0];
  struct job *last = heap->jobs[--heap->count];
  size_t place = 0;
  for (;;) {
    size_t child = 2 * place + 1;
    if (child >= heap->count) break;
    if (child + 1 < heap->count && heap->jobs[child + 1]->due < heap->jobs[child]->due) child++;
    if (heap->jobs[child]->due >= last->due) break;
    heap->jobs[place] = heap->jobs[child];
    place = child;
  }
  heap->jobs[place] = last;
  return first;
}

// Returns with the lock held, as it was called.
static void wait_for_first(struct heap *heap) {
  if (heap->count == 0) {
    pthread_cond_wait(&heap->earlier, &heap->lock);
    return;
  }
  uint64_t due = heap->jobs[0]->due;
  struct timespec until = {due / 1000000000, due % 1000000000};
  pthread_cond_timedwait(&heap->earlier, &heap->lock, &until);
}

static void *serve(void *context) {
  struct heap *heap = context;
  prctl(PR_SET_TIMERSLACK, 1000);  // nanoseconds; the usual 50 µs are 5 % of the shortest delays
  pthread_mutex_lock(&heap->lock);
  for (;;) {
    if (heap->count == 0 || heap->jobs[0]->due > monotonic_now()) {
      wait_for_first(heap);
      continue;
    }
    struct job *job = take_first(heap);
    pthread_mutex_unlock(&heap->lock);
    if (!stopped) job->run(job);
    pthread_mutex_lock(&heap->lock);
  }
  return NULL;
}

bool timers_start(int threads) {
  heaps = calloc(threads, sizeof *heaps);
  if (!heaps) return false;
  pthread_condattr_t monotonic;
  pthread_condattr_init(&monotonic);
  pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
  for (int i = 0; i < threads; i++) {
    pthread_t thread;
    pthread_mutex_init(&heaps[i].lock, NULL);
    pthread_cond_init(&heaps[i].earlier, &monotonic);
    if (pthread_create(&thread, NULL, serve, &heaps[i])) return false;
    pthread_detach(thread);
  }
  heap_count = threads;
  return true;
}

void timers_add(struct job *job) {
  static atomic_uint turn;
  struct heap *heap = &heaps[turn++ % heap_count];
  pthread_mutex_lock(&heap->lock);
  insert(heap, job);
  if (heap->jobs[0] == job) pthread_cond_signal(&heap->earlier);
  pthread_mutex_unlock(&heap->lock);
}

void timers_stop(void) { stopped = true; }
