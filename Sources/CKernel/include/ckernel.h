#ifndef CKERNEL_H
#define CKERNEL_H
// What Swift's Glibc overlay lacks, as plain calls that return a result or -errno. Only <stdint.h> and <stddef.h> here:
// GNU headers in a public header clash with swift-system's own module.
#include <stddef.h>
#include <stdint.h>

struct ck_time {
  int64_t seconds;
  uint32_t nanoseconds;
};

struct ck_status {
  uint32_t mask;  // which of the fields below the file system filled in (CK_BASIC, CK_BIRTH)
  uint32_t mode;
  uint32_t owner;
  uint32_t links;
  uint32_t device_major;
  uint32_t device_minor;
  uint64_t inode;
  uint64_t size;
  uint64_t blocks;  // of 512 bytes
  uint64_t attributes;  // CK_MOUNT_ROOT, CK_IMMUTABLE, CK_APPEND_ONLY, as far as the file system tells of them
  struct ck_time atime, mtime, ctime, birth;
};

enum {
  CK_BASIC = 0x7ff,      // STATX_BASIC_STATS
  CK_ATIME = 0x20,       // STATX_ATIME, part of it
  CK_BIRTH = 0x800,      // STATX_BTIME
  CK_FRESH = 0x2000,     // AT_STATX_FORCE_SYNC
  CK_IMMUTABLE = 0x10,   // STATX_ATTR_IMMUTABLE
  CK_APPEND_ONLY = 0x20,  // STATX_ATTR_APPEND
  CK_MOUNT_ROOT = 0x2000,  // STATX_ATTR_MOUNT_ROOT
};

// The entry `name` of `directory`, never following a link; an empty name is the descriptor itself.
int ck_statx(int directory, const char *name, int sync, uint32_t mask, struct ck_status *out);
// Bytes of linux_dirent64 records, 0 at the end.
long ck_getdents64(int directory, void *buffer, size_t size);
// A directory below `directory` (or at an absolute path), never following a link in its last component. Without
// `to_list` it can only be passed through, for which no read permission is needed.
int ck_open_directory(int directory, const char *name, int to_list);
int ck_open_to_read(const char *path);
// Sets a directory's times to now by the clock of its file system's server.
int ck_touch(int directory);
// A new, empty file of `directory`, open to be written to; EEXIST when anything has this name.
int ck_create_file(int directory, const char *name);
// Whether the kernel finds an open directory at this path now, as far as this host knows: 1 or 0, or -errno when it does not
// tell (no /proc, a path of 4096 bytes or more).
int ck_is_at(int fd, const void *path, size_t length);
// The path itself, not terminated: its length, `size` when it may be longer, or -errno.
long ck_path(int fd, void *buffer, size_t size);
// Kind and identity of what `path` leads to, links followed; without a path, of an open descriptor.
int ck_file_status(const char *path, int fd, struct ck_status *out);
// The same of what stands at `path` itself, a link included.
int ck_link_status(const char *path, struct ck_status *out);
long ck_seek(int fd, int64_t offset);
int ck_unlink(int directory, const char *name, int is_directory);
// Whether this process may remove entries of `directory`, or list the directory `name` in it, as far as the kernel tells
// without trying: 0 or -errno. Asks by the effective user; an immutable or append-only directory is EPERM.
int ck_may_change(int directory);
int ck_may_list(int directory, const char *name);
uint32_t ck_effective_user(void);
// Whether this process may remove others' files from a sticky directory (CAP_FOWNER).
int ck_may_disregard_owners(void);
int ck_close(int fd);

long ck_read(int fd, void *buffer, size_t size);
// From the beginning, wherever the descriptor stands.
long ck_read_from_start(int fd, void *buffer, size_t size);
int ck_open_to_write(const char *path);
int ck_open_to_read_and_write(const char *path);
long ck_write(int fd, const void *buffer, size_t size);

// A counter that poll(2) reports as readable once something was written to it; it never blocks.
int ck_eventfd(void);

enum { CK_READABLE = 1, CK_URGENT = 2, CK_BROKEN = 4 };

struct ck_watched {
  int fd;
  int events;  // to wait for: CK_READABLE (eventfd) or CK_URGENT (cgroup files)
  int seen;    // what came; CK_BROKEN besides
};

// Waits for any of these, at most so long; how many have something, 0 at the end of the time, or -errno.
int ck_wait_for_any(struct ck_watched *watched, int count, int64_t timeout_nanoseconds);

// Raises RLIMIT_NOFILE to its hard limit; the limit then in force, or -errno.
long ck_raise_descriptor_limit(void);
enum { CK_DESCRIPTORS, CK_THREADS };

struct ck_limits {
  uint64_t soft;
  uint64_t hard;
};

// RLIMIT_NOFILE, or RLIMIT_NPROC of the user; 0 or -errno.
int ck_resource_limits(int which, struct ck_limits *out);
// Few malloc arenas: hundreds of threads would get one each. 1, or 0 when refused.
int ck_limit_malloc_arenas(int count);
void ck_return_freed_memory(void);
// Whether the program has more rights than who called it (AT_SECURE): set-user-ID, file capabilities.
int ck_has_raised_rights(void);

// The largest resident size of this process so far, in KiB.
long ck_peak_resident_kib(void);

// Asks the scheduler to let the calling thread run as soon as it wakes: at once with the right to (CAP_SYS_NICE), else by a
// short slice, which kernels before 6.12 ignore. For threads that run for microseconds. 0 or -errno.
int ck_be_punctual(void);

// Touches 64 KiB of the calling thread's stack below the caller.
void ck_touch_stack(void);

// A detached thread with this stack; 0 or -errno.
int ck_start_thread(size_t stack_size, const char *name, void (*body)(void *), void *context);

// To be called first of all, with one thread. Opens closed descriptors among 0 to 2, so that no other file gets their numbers;
// blocks the signals that are to be taken (SIGTERM, SIGXCPU, SIGUSR1, and SIGHUP, SIGINT, SIGQUIT unless they were ignored);
// ignores those that would end the process for nothing.
void ck_begin_process(void);
// Whether it was closed until ck_begin_process opened it.
int ck_is_placeholder(int fd);
// Blocks what was blocked when the process began, and no more.
void ck_release_signals(void);
// Waits for one of the signals that are to be taken, at most so long; negative: without end. Its number, 0 when the time is
// over, or -errno.
int ck_wait_for_signal(int64_t nanoseconds);
const char *ck_signal_name(int signal);

// E.g. "EACCES"; never null.
const char *ck_errno_name(int error);

#endif
