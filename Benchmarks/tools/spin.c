// Preloaded into a program, starts SPIN_THREADS threads in it that never rest after the first second, when workers would be
// there: they allocate, free, and ask the kernel.
#include <pthread.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static void *spin(void *unused) {
  struct stat status;
  sleep(1);
  for (;;) {
    free(malloc(100));
    stat("/", &status);
  }
  return unused;
}

__attribute__((constructor)) static void start(void) {
  const char *count = getenv("SPIN_THREADS");
  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  pthread_attr_setstacksize(&attributes, 64 * 1024);
  pthread_t thread;
  for (int i = 0; count && i < atoi(count); i++) pthread_create(&thread, &attributes, spin, NULL);
}
