#define _GNU_SOURCE
#include "text.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_ERRNO = 133 };

size_t text_split(char *line, char **fields, size_t most) {
  size_t count = 0;
  char *rest = line;
  for (char *field; count < most && (field = strsep(&rest, " \t\r\n"));) {
    if (*field) fields[count++] = field;
  }
  for (size_t i = count; i < most; i++) fields[i] = NULL;
  return count;
}

char *text_unescape(char *text) {
  char *to = text;
  for (const char *from = text; *from; from++) {
    char digits[3] = {0};
    if (*from == '%' && from[1] && from[2]) {
      memcpy(digits, from + 1, 2);
      *to++ = (char)strtol(digits, NULL, 16);
      from += 2;
    } else {
      *to++ = *from;
    }
  }
  *to = '\0';
  return text;
}

void text_write_escaped(FILE *to, const char *text) {
  for (; *text; text++) {
    unsigned char byte = (unsigned char)*text;
    bool is_plain = byte > ' ' && byte < 127 && !strchr("%\"\\", byte);
    if (is_plain) fputc(byte, to);
    else fprintf(to, "%%%02X", byte);
  }
}

int text_errno(const char *name) {
  for (int error = 1; error <= MOST_ERRNO; error++) {
    const char *known = strerrorname_np(error);
    if (known && strcmp(known, name) == 0) return error;
  }
  return atoi(name);
}

const char *text_errno_name(int error) {
  const char *name = error ? strerrorname_np(error) : "";
  return name ? name : "unknown";
}

double text_seconds(const char *text) {
  char *unit;
  double number = strtod(text, &unit);
  switch (*unit) {
  case 'd': return number * 86400;
  case 'h': return number * 3600;
  case 'm': return number * 60;
  default: return number;
  }
}

// Read as two whole numbers: a double has no room for the nanoseconds.
static struct timespec absolute_time(const char *text) {
  char *point;
  struct timespec time = {.tv_sec = strtoll(text, &point, 10)};
  if (*point != '.') return time;
  char digits[] = "000000000";
  for (size_t i = 0; i < 9 && point[i + 1]; i++) digits[i] = point[i + 1];
  time.tv_nsec = atol(digits);
  return time;
}

struct timespec text_time(const char *text, struct timespec now) {
  if (*text == '@') return absolute_time(text + 1);
  now.tv_sec -= (time_t)text_seconds(text);
  return now;
}

char *text_next_item(char **rest) {
  char *item;
  while ((item = strsep(rest, ","))) {
    if (*item) return item;
  }
  return NULL;
}

int text_place(const char *const *words, const char *word) {
  for (int place = 0; words[place]; place++) {
    if (strcmp(words[place], word) == 0) return place;
  }
  return -1;
}

void *text_allocate(size_t size) {
  void *memory = calloc(1, size);
  if (!memory) abort();
  return memory;
}

char *text_copy(const char *text) { return strcpy(text_allocate(strlen(text) + 1), text); }
