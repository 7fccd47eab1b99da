// The C library's calls that change files, as seen by a program under test. Each describes itself and hands over to
// faults_run. All reach the kernel through its newer *at calls, which do the same with one interface for a family.
#include "faults.h"

#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/syscall.h>
#include <unistd.h>

#define CALL(operation) {.op = operation, .function = __func__, .descriptor = -1, .source = -1, .offset = -1}

static long perform_open(struct call *c) { return syscall(SYS_openat, c->at, c->name, c->flags, c->mode); }

static long perform_write(struct call *c) {
    const struct iovec *first = c->vectors;
    size_t total = 0;
    int whole = 0;
    while (whole < c->count && total + c->vectors[whole].iov_len <= c->length) total += c->vectors[whole++].iov_len;
    if (c->count == 1 || whole == 0) {
        size_t length = c->length < first->iov_len ? c->length : first->iov_len;
        if (c->offset < 0) return syscall(SYS_write, c->descriptor, first->iov_base, length);
        return syscall(SYS_pwrite64, c->descriptor, first->iov_base, length, c->offset);
    }
    if (c->offset < 0) return syscall(SYS_writev, c->descriptor, c->vectors, whole);
    return syscall(SYS_pwritev, c->descriptor, c->vectors, whole, c->offset, 0);
}

static long perform_copy(struct call *c) {
    if (c->flags == -1) return syscall(SYS_sendfile, c->descriptor, c->source, c->source_offset, c->length);
    return syscall(SYS_copy_file_range, c->source, c->source_offset, c->descriptor, c->target_offset, c->length,
                   c->flags);
}

static long perform_fsync(struct call *c) { return syscall(SYS_fsync, c->descriptor); }
static long perform_fdatasync(struct call *c) { return syscall(SYS_fdatasync, c->descriptor); }
static long perform_syncfs(struct call *c) { return syscall(SYS_syncfs, c->descriptor); }
static long perform_sync(struct call *c) { return (void)c, syscall(SYS_sync); }
static long perform_range(struct call *c) {
    return syscall(SYS_sync_file_range, c->descriptor, c->offset, (off_t)c->length, c->flags);
}
static long perform_msync(struct call *c) { return syscall(SYS_msync, c->address, c->length, c->flags); }
static long perform_link(struct call *c) { return syscall(SYS_linkat, c->at, c->name, c->at2, c->name2, c->flags); }
static long perform_rename(struct call *c) {
    return syscall(SYS_renameat2, c->at, c->name, c->at2, c->name2, c->flags);
}
static long perform_symlink(struct call *c) { return syscall(SYS_symlinkat, c->target, c->at, c->name); }
static long perform_mkdir(struct call *c) { return syscall(SYS_mkdirat, c->at, c->name, c->mode); }
static long perform_unlink(struct call *c) { return syscall(SYS_unlinkat, c->at, c->name, c->flags); }
static long perform_truncate(struct call *c) {
    if (c->descriptor >= 0) return syscall(SYS_ftruncate, c->descriptor, c->offset);
    return syscall(SYS_truncate, c->name, c->offset);
}
static long perform_allocate(struct call *c) {
    return syscall(SYS_fallocate, c->descriptor, c->flags, c->offset, (off_t)c->length);
}
static long perform_chmod(struct call *c) {
    if (c->descriptor >= 0) return syscall(SYS_fchmod, c->descriptor, c->mode);
    return syscall(SYS_fchmodat, c->at, c->name, c->mode);
}
static long perform_utimes(struct call *c) {
    if (c->descriptor >= 0) return syscall(SYS_utimensat, c->descriptor, NULL, c->times, 0);
    return syscall(SYS_utimensat, c->at, c->name, c->times, c->flags);
}
static long perform_close(struct call *c) { return syscall(SYS_close, c->descriptor); }
static long perform_read(struct call *c) {
    if (c->offset < 0) return syscall(SYS_read, c->descriptor, c->address, c->length);
    return syscall(SYS_pread64, c->descriptor, c->address, c->length, c->offset);
}
static long perform_list(struct call *c) {
    static DIR *(*real)(const char *);
    if (real == NULL) *(void **)&real = dlsym(RTLD_NEXT, "opendir");
    c->stream = real(c->name);
    return c->stream == NULL ? -1 : 0;
}

static int opened(const char *function, int at, const char *name, int flags, mode_t mode) {
    // O_TMPFILE contains O_DIRECTORY, so that both bits have to be asked for.
    bool changing = (flags & (O_CREAT | O_TRUNC)) != 0 || (flags & O_TMPFILE) == O_TMPFILE;
    struct call c = CALL(changing ? OP_OPEN : OP_LOOK);
    c.function = function;
    c.at = at;
    c.name = name;
    c.flags = flags;
    c.mode = mode;
    return (int)faults_run(&c, perform_open);
}

#define MODE_ARGUMENT(flags, mode)                                                                                     \
    mode_t mode = 0;                                                                                                   \
    if (((flags) & O_CREAT) != 0 || ((flags) & O_TMPFILE) == O_TMPFILE) {                                              \
        va_list list;                                                                                                  \
        va_start(list, flags);                                                                                         \
        mode = va_arg(list, mode_t);                                                                                   \
        va_end(list);                                                                                                  \
    }

int open(const char *path, int flags, ...) {
    MODE_ARGUMENT(flags, mode)
    return opened(__func__, AT_FDCWD, path, flags, mode);
}
int open64(const char *path, int flags, ...) {
    MODE_ARGUMENT(flags, mode)
    return opened(__func__, AT_FDCWD, path, flags, mode);
}
int openat(int at, const char *path, int flags, ...) {
    MODE_ARGUMENT(flags, mode)
    return opened(__func__, at, path, flags, mode);
}
int openat64(int at, const char *path, int flags, ...) {
    MODE_ARGUMENT(flags, mode)
    return opened(__func__, at, path, flags, mode);
}
int creat(const char *path, mode_t mode) {
    return opened(__func__, AT_FDCWD, path, O_CREAT | O_WRONLY | O_TRUNC, mode);
}
int creat64(const char *path, mode_t mode) {
    return opened(__func__, AT_FDCWD, path, O_CREAT | O_WRONLY | O_TRUNC, mode);
}
// What open becomes in programs built with _FORTIFY_SOURCE.
int __open_2(const char *path, int flags);
int __open64_2(const char *path, int flags);
int __openat_2(int at, const char *path, int flags);
int __openat64_2(int at, const char *path, int flags);
int __open_2(const char *path, int flags) { return opened("open", AT_FDCWD, path, flags, 0); }
int __open64_2(const char *path, int flags) { return opened("open", AT_FDCWD, path, flags, 0); }
int __openat_2(int at, const char *path, int flags) { return opened("openat", at, path, flags, 0); }
int __openat64_2(int at, const char *path, int flags) { return opened("openat", at, path, flags, 0); }

DIR *opendir(const char *path) {
    struct call c = CALL(OP_LIST);
    c.at = AT_FDCWD;
    c.name = path;
    return faults_run(&c, perform_list) < 0 ? NULL : c.stream;
}

static ssize_t written(const char *function, int descriptor, const struct iovec *vectors, int count, off_t offset) {
    struct call c = CALL(OP_WRITE);
    c.function = function;
    c.descriptor = descriptor;
    c.vectors = vectors;
    c.count = count;
    c.offset = offset;
    for (int i = 0; i < count; i++) c.length += vectors[i].iov_len;
    return faults_run(&c, perform_write);
}

ssize_t write(int descriptor, const void *bytes, size_t length) {
    struct iovec vector = {(void *)bytes, length};
    return written(__func__, descriptor, &vector, 1, -1);
}
ssize_t pwrite(int descriptor, const void *bytes, size_t length, off_t offset) {
    struct iovec vector = {(void *)bytes, length};
    return written(__func__, descriptor, &vector, 1, offset);
}
ssize_t pwrite64(int descriptor, const void *bytes, size_t length, off64_t offset) {
    struct iovec vector = {(void *)bytes, length};
    return written(__func__, descriptor, &vector, 1, offset);
}
ssize_t writev(int descriptor, const struct iovec *vectors, int count) {
    return written(__func__, descriptor, vectors, count, -1);
}
ssize_t pwritev(int descriptor, const struct iovec *vectors, int count, off_t offset) {
    return written(__func__, descriptor, vectors, count, offset);
}
ssize_t pwritev64(int descriptor, const struct iovec *vectors, int count, off64_t offset) {
    return written(__func__, descriptor, vectors, count, offset);
}

ssize_t copy_file_range(int source, off64_t *source_offset, int target, off64_t *target_offset, size_t length,
                        unsigned flags) {
    struct call c = CALL(OP_COPY);
    c.descriptor = target;
    c.source = source;
    c.source_offset = source_offset;
    c.target_offset = target_offset;
    c.length = length;
    c.flags = (int)flags;
    return faults_run(&c, perform_copy);
}

static ssize_t sent(const char *function, int target, int source, off_t *offset, size_t length) {
    struct call c = CALL(OP_COPY);
    c.function = function;
    c.descriptor = target;
    c.source = source;
    c.source_offset = offset;
    c.length = length;
    c.flags = -1;
    return faults_run(&c, perform_copy);
}
ssize_t sendfile(int target, int source, off_t *offset, size_t length) {
    return sent(__func__, target, source, offset, length);
}
ssize_t sendfile64(int target, int source, off64_t *offset, size_t length) {
    return sent(__func__, target, source, offset, length);
}

#define ON_DESCRIPTOR(operation, number, perform)                                                                      \
    struct call c = CALL(operation);                                                                                   \
    c.descriptor = number;                                                                                             \
    return (int)faults_run(&c, perform)

int fsync(int descriptor) { ON_DESCRIPTOR(OP_FSYNC, descriptor, perform_fsync); }
int fdatasync(int descriptor) { ON_DESCRIPTOR(OP_FDATASYNC, descriptor, perform_fdatasync); }
int syncfs(int descriptor) { ON_DESCRIPTOR(OP_SYNCFS, descriptor, perform_syncfs); }
int close(int descriptor) { ON_DESCRIPTOR(OP_CLOSE, descriptor, perform_close); }

void sync(void) {
    struct call c = CALL(OP_SYNCFS);
    c.at = AT_FDCWD;
    c.name = settings.root;
    (void)faults_run(&c, perform_sync);
}

int sync_file_range(int descriptor, off64_t offset, off64_t length, unsigned flags) {
    struct call c = CALL(OP_SYNC_RANGE);
    c.descriptor = descriptor;
    c.offset = offset;
    c.length = (size_t)length;
    c.flags = (int)flags;
    return (int)faults_run(&c, perform_range);
}

int msync(void *address, size_t length, int flags) {
    struct call c = CALL(OP_MSYNC);
    c.address = address;
    c.length = length;
    c.flags = flags;
    return (int)faults_run(&c, perform_msync);
}

static int linked(const char *function, int at, const char *from, int at2, const char *to, int flags) {
    struct call c = CALL(OP_LINK);
    c.function = function;
    c.at = at;
    c.name = from;
    c.at2 = at2;
    c.name2 = to;
    c.flags = flags;
    return (int)faults_run(&c, perform_link);
}
int link(const char *from, const char *to) { return linked(__func__, AT_FDCWD, from, AT_FDCWD, to, 0); }
int linkat(int at, const char *from, int at2, const char *to, int flags) {
    return linked(__func__, at, from, at2, to, flags);
}

static int renamed(const char *function, int at, const char *from, int at2, const char *to, unsigned flags) {
    struct call c = CALL(OP_RENAME);
    c.function = function;
    c.at = at;
    c.name = from;
    c.at2 = at2;
    c.name2 = to;
    c.flags = (int)flags;
    return (int)faults_run(&c, perform_rename);
}
int rename(const char *from, const char *to) { return renamed(__func__, AT_FDCWD, from, AT_FDCWD, to, 0); }
int renameat(int at, const char *from, int at2, const char *to) { return renamed(__func__, at, from, at2, to, 0); }
int renameat2(int at, const char *from, int at2, const char *to, unsigned flags) {
    return renamed(__func__, at, from, at2, to, flags);
}

int symlinkat(const char *target, int at, const char *path) {
    struct call c = CALL(OP_SYMLINK);
    c.target = target;
    c.at = at;
    c.name = path;
    return (int)faults_run(&c, perform_symlink);
}
int symlink(const char *target, const char *path) {
    struct call c = CALL(OP_SYMLINK);
    c.target = target;
    c.at = AT_FDCWD;
    c.name = path;
    return (int)faults_run(&c, perform_symlink);
}

int mkdirat(int at, const char *path, mode_t mode) {
    struct call c = CALL(OP_MKDIR);
    c.at = at;
    c.name = path;
    c.mode = mode;
    return (int)faults_run(&c, perform_mkdir);
}
int mkdir(const char *path, mode_t mode) {
    struct call c = CALL(OP_MKDIR);
    c.at = AT_FDCWD;
    c.name = path;
    c.mode = mode;
    return (int)faults_run(&c, perform_mkdir);
}

static int removed(const char *function, int at, const char *path, int flags) {
    struct call c = CALL((flags & AT_REMOVEDIR) != 0 ? OP_RMDIR : OP_UNLINK);
    c.function = function;
    c.at = at;
    c.name = path;
    c.flags = flags;
    return (int)faults_run(&c, perform_unlink);
}
int unlink(const char *path) { return removed(__func__, AT_FDCWD, path, 0); }
int rmdir(const char *path) { return removed(__func__, AT_FDCWD, path, AT_REMOVEDIR); }
int unlinkat(int at, const char *path, int flags) { return removed(__func__, at, path, flags); }
int remove(const char *path) {
    int result = removed(__func__, AT_FDCWD, path, 0);
    return result < 0 && errno == EISDIR ? removed(__func__, AT_FDCWD, path, AT_REMOVEDIR) : result;
}

static int cut(const char *function, int descriptor, const char *path, off_t size) {
    struct call c = CALL(OP_TRUNCATE);
    c.function = function;
    c.descriptor = descriptor;
    c.at = AT_FDCWD;
    c.name = path;
    c.offset = size;
    return (int)faults_run(&c, perform_truncate);
}
int ftruncate(int descriptor, off_t size) { return cut(__func__, descriptor, NULL, size); }
int ftruncate64(int descriptor, off64_t size) { return cut(__func__, descriptor, NULL, size); }
int truncate(const char *path, off_t size) { return cut(__func__, -1, path, size); }
int truncate64(const char *path, off64_t size) { return cut(__func__, -1, path, size); }

static int allocated(const char *function, int descriptor, int flags, off_t offset, off_t length) {
    struct call c = CALL(OP_ALLOCATE);
    c.function = function;
    c.descriptor = descriptor;
    c.flags = flags;
    c.offset = offset;
    c.length = (size_t)length;
    return (int)faults_run(&c, perform_allocate);
}
int fallocate(int descriptor, int flags, off_t offset, off_t length) {
    return allocated(__func__, descriptor, flags, offset, length);
}
int fallocate64(int descriptor, int flags, off64_t offset, off64_t length) {
    return allocated(__func__, descriptor, flags, offset, length);
}
// These two give the error as their result. The C library would write zeros where the file system cannot allocate.
static int allocated_result(const char *function, int descriptor, off_t offset, off_t length) {
    int before = errno, result = allocated(function, descriptor, 0, offset, length) < 0 ? errno : 0;
    errno = before;
    return result;
}
int posix_fallocate(int descriptor, off_t offset, off_t length) {
    return allocated_result(__func__, descriptor, offset, length);
}
int posix_fallocate64(int descriptor, off64_t offset, off64_t length) {
    return allocated_result(__func__, descriptor, offset, length);
}

static int permitted(const char *function, int descriptor, int at, const char *path, mode_t mode) {
    struct call c = CALL(OP_CHMOD);
    c.function = function;
    c.descriptor = descriptor;
    c.at = at;
    c.name = path;
    c.mode = mode;
    return (int)faults_run(&c, perform_chmod);
}
int fchmod(int descriptor, mode_t mode) { return permitted(__func__, descriptor, -1, NULL, mode); }
int chmod(const char *path, mode_t mode) { return permitted(__func__, -1, AT_FDCWD, path, mode); }
int fchmodat(int at, const char *path, mode_t mode, int flags) {
    if (flags != 0) {
        errno = ENOTSUP;
        return -1;
    }
    return permitted(__func__, -1, at, path, mode);
}

int futimens(int descriptor, const struct timespec times[2]) {
    struct call c = CALL(OP_UTIMES);
    c.descriptor = descriptor;
    c.times = times;
    return (int)faults_run(&c, perform_utimes);
}
int utimensat(int at, const char *path, const struct timespec times[2], int flags) {
    struct call c = CALL(OP_UTIMES);
    c.at = at;
    c.name = path;
    c.times = times;
    c.flags = flags;
    return (int)faults_run(&c, perform_utimes);
}

static ssize_t taken(const char *function, int descriptor, void *bytes, size_t length, off_t offset) {
    struct call c = CALL(OP_READ);
    c.function = function;
    c.descriptor = descriptor;
    c.address = bytes;
    c.length = length;
    c.offset = offset;
    return faults_run(&c, perform_read);
}
ssize_t read(int descriptor, void *bytes, size_t length) { return taken(__func__, descriptor, bytes, length, -1); }
ssize_t pread(int descriptor, void *bytes, size_t length, off_t offset) {
    return taken(__func__, descriptor, bytes, length, offset);
}
ssize_t pread64(int descriptor, void *bytes, size_t length, off64_t offset) {
    return taken(__func__, descriptor, bytes, length, offset);
}
