#ifndef FAULTFS_TEXT_H
#define FAULTFS_TEXT_H
// The written form of what the files say: fields, names with odd bytes, errors, times.
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <time.h>

// Splits a line at blanks and tabs in place; fields that are missing are NULL. The number of fields found.
size_t text_split(char *line, char **fields, size_t most);

// Turns each %XX into its byte, in place.
char *text_unescape(char *text);

// Writes bytes that are no plain printable ASCII, and % and quotes, as %XX.
void text_write_escaped(FILE *to, const char *text);

// The number of an error's name (EIO), or of a number; 0 when it is neither.
int text_errno(const char *name);
const char *text_errno_name(int error);

// A duration with s, m, h or d behind it, or bare seconds.
double text_seconds(const char *text);

// `@SECONDS` since 1970, with up to nine decimals, or an age before `now`.
struct timespec text_time(const char *text, struct timespec now);

// The item of a comma-separated list that starts at `*rest`, which then is behind it; NULL at the end.
char *text_next_item(char **rest);

// The place of a word in a table that ends with NULL; -1 when it is not there.
int text_place(const char *const *words, const char *word);

void *text_allocate(size_t size);
char *text_copy(const char *text);

#endif
