// Writes down every call that changes the mirror, in the order in which they happened, with all that it takes to make
// them again. README.md describes the lines.
#include "faults.h"

#include <dlfcn.h>
#include <errno.h>
#include <execinfo.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

static const char *const names[] = {
    [OP_OPEN] = "open",         [OP_WRITE] = "write",     [OP_COPY] = "copy",       [OP_FSYNC] = "fsync",
    [OP_FDATASYNC] = "fdatasync", [OP_SYNCFS] = "syncfs", [OP_SYNC_RANGE] = "sync_range", [OP_MSYNC] = "msync",
    [OP_LINK] = "link",         [OP_RENAME] = "rename",   [OP_SYMLINK] = "symlink", [OP_MKDIR] = "mkdir",
    [OP_UNLINK] = "unlink",     [OP_RMDIR] = "rmdir",     [OP_TRUNCATE] = "truncate", [OP_ALLOCATE] = "allocate",
    [OP_CHMOD] = "chmod",       [OP_UTIMES] = "utimes",   [OP_CLOSE] = "close",
};

static int log_file = -1, data_file = -1;

/// One line of the log while it is made; the lock is held, so that one is enough.
static char line[6 * PATH_MAX * 4];
static size_t used;

__attribute__((format(printf, 1, 2))) static void add(const char *format, ...) {
    va_list list;
    va_start(list, format);
    int length = vsnprintf(line + used, sizeof line - used, format, list);
    va_end(list);
    if (length > 0) used += (size_t)length < sizeof line - used ? (size_t)length : sizeof line - used - 1;
}

static void add_text(const char *key, const char *text) {
    add(",\"%s\":\"", key);
    for (const unsigned char *byte = (const unsigned char *)text; *byte != 0; byte++) {
        if (*byte < 0x20 || *byte == '"' || *byte == '\\') {
            add("\\u%04x", *byte);
        } else {
            add("%c", *byte);
        }
    }
    add("\"");
}

static const char *relative(const char *path) {
    if (!faults_below_root(path)) return path;
    return path[settings.root_length] == 0 ? "." : path + settings.root_length + 1;
}

/// Appends to a file of the log, or gives up: a log with holes proves nothing.
static void append(int file, const void *bytes, size_t length) {
    const char *rest = bytes;
    while (length > 0) {
        ssize_t count = syscall(SYS_write, file, rest, length);
        if (count < 0 && errno == EINTR) continue;
        if (count <= 0) {
            dprintf(2, "faults: cannot write the log: %s\n", strerror(errno));
            _exit(125);
        }
        rest += count;
        length -= (size_t)count;
    }
}

static void finish_line(void) {
    add("}\n");
    append(log_file, line, used);
    used = 0;
    atomic_fetch_add(&state->logged, 1);
}

static int open_high(const char *path) {
    int file = (int)syscall(SYS_openat, AT_FDCWD, path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    int high = file < 0 ? -1 : fcntl(file, F_DUPFD_CLOEXEC, 500);
    if (high < 0) {
        dprintf(2, "faults: cannot open %s: %s\n", path, strerror(errno));
        _exit(125);
    }
    syscall(SYS_close, file);
    return high;
}

void record_start(void) {
    const char *path = getenv("FAULTS_LOG");
    if (path == NULL || strlen(path) > PATH_MAX - 10) {
        dprintf(2, "faults: FAULTS_MODE=record needs FAULTS_LOG\n");
        _exit(125);
    }
    char data[PATH_MAX];
    snprintf(data, sizeof data, "%s.data", path);
    log_file = open_high(path);
    data_file = open_high(data);
    // The first use loads a library; that must not happen in the middle of a call.
    void *frame[1];
    backtrace(frame, 1);
    faults_lock();
    used = 0;
    add("{\"op\":\"start\",\"format\":1,\"pid\":%d", getpid());
    add_text("root", settings.root);
    add_text("program", program_invocation_name);
    finish_line();
    faults_unlock();
}

/// What was there before the call.
struct before {
    bool is_known, is_known2;
    struct stat file, file2;
    ino_t parent, parent2;
    off_t position, source_position;
};

static ino_t parent_of(const char *path) {
    char folder[PATH_MAX];
    snprintf(folder, sizeof folder, "%s", path);
    char *slash = strrchr(folder, '/');
    struct stat found;
    if (slash == NULL) return 0;
    slash[slash == folder ? 1 : 0] = 0;
    return stat(folder, &found) == 0 ? found.st_ino : 0;
}

static void look_before(struct call *call, struct before *before) {
    memset(before, 0, sizeof *before);
    before->position = before->source_position = -1;
    if (call->descriptor >= 0) {
        before->is_known = fstat(call->descriptor, &before->file) == 0;
        if (call->op == OP_WRITE || call->op == OP_COPY) {
            bool appends = (fcntl(call->descriptor, F_GETFL) & O_APPEND) != 0;
            before->position = appends              ? before->file.st_size
                               : call->offset >= 0  ? call->offset
                               : call->target_offset ? *call->target_offset
                                                    : lseek(call->descriptor, 0, SEEK_CUR);
        }
        if (call->op == OP_COPY) {
            before->source_position = call->source_offset ? *call->source_offset : lseek(call->source, 0, SEEK_CUR);
        }
    } else if (call->path[0] != 0) {
        before->is_known = lstat(call->path, &before->file) == 0;
        before->parent = parent_of(call->path);
    }
    if (call->path2[0] != 0) {
        before->is_known2 = lstat(call->path2, &before->file2) == 0;
        before->parent2 = parent_of(call->path2);
    }
}

static void add_data(struct call *call, const struct before *before, size_t length) {
    uint64_t start = atomic_load(&state->data);
    add(",\"offset\":%lld,\"length\":%zu,\"data\":%llu", (long long)before->position, length,
        (unsigned long long)start);
    atomic_fetch_add(&state->data, length);
    if (call->op == OP_WRITE) {
        for (int i = 0; i < call->count && length > 0; i++) {
            size_t part = call->vectors[i].iov_len < length ? call->vectors[i].iov_len : length;
            append(data_file, call->vectors[i].iov_base, part);
            length -= part;
        }
        return;
    }
    static char buffer[65536];
    for (off_t place = before->source_position; length > 0;) {
        ssize_t count = syscall(SYS_pread64, call->source, buffer, length < sizeof buffer ? length : sizeof buffer,
                                place);
        if (count <= 0) {
            dprintf(2, "faults: cannot read back what was copied\n");
            _exit(125);
        }
        append(data_file, buffer, (size_t)count);
        place += count;
        length -= (size_t)count;
    }
}

/// Who called, innermost first: "program+0xoffset symbol". Offsets are those of addr2line and nm.
static void add_callers(void) {
    enum { DEPTH = 24 };
    void *frames[DEPTH];
    int count = backtrace(frames, DEPTH);
    Dl_info self, info;
    dladdr((void *)record_start, &self);
    add(",\"callers\":[");
    bool first = true;
    for (int i = 0; i < count; i++) {
        // One back from the return address lies in the call itself.
        if (dladdr((char *)frames[i] - 1, &info) == 0 || info.dli_fbase == self.dli_fbase) continue;
        const char *file = strrchr(info.dli_fname, '/');
        add("%s\"%s+0x%lx%s%s\"", first ? "" : ",", file == NULL ? info.dli_fname : file + 1,
            (unsigned long)((char *)frames[i] - 1 - (char *)info.dli_fbase), info.dli_sname == NULL ? "" : " ",
            info.dli_sname == NULL ? "" : info.dli_sname);
        first = false;
    }
    add("]");
}

static void add_file(const struct stat *file) {
    const char *kind = S_ISDIR(file->st_mode) ? "dir" : S_ISLNK(file->st_mode) ? "link" : "file";
    add(",\"dev\":%llu,\"ino\":%llu,\"kind\":\"%s\"", (unsigned long long)file->st_dev,
        (unsigned long long)file->st_ino, kind);
}

static void write_down(struct call *call, const struct before *before, long result, int error) {
    struct stat after;
    bool is_there = result >= 0 && (call->op == OP_OPEN       ? fstat((int)result, &after) == 0
                                    : call->descriptor >= 0   ? fstat(call->descriptor, &after) == 0
                                    : call->path2[0] != 0     ? lstat(call->path2, &after) == 0
                                                              : lstat(call->path, &after) == 0);
    used = 0;
    add("{\"n\":%llu,\"op\":\"%s\",\"function\":\"%s\",\"pid\":%d,\"thread\":%ld,\"result\":%ld",
        (unsigned long long)call->number, names[call->op], call->function, getpid(), syscall(SYS_gettid), result);
    if (result < 0) add(",\"errno\":%d", error);
    add_text("path", relative(call->path));
    // Of what is removed or closed, the file as it was; of all else, as it is now.
    bool gone = call->op == OP_UNLINK || call->op == OP_RMDIR || call->op == OP_CLOSE;
    if (is_there && !gone) {
        add_file(&after);
    } else if (before->is_known) {
        add_file(&before->file);
    }
    if (before->parent != 0) add(",\"parent\":%llu", (unsigned long long)before->parent);
    if (call->name2 != NULL) {
        add_text("to", relative(call->path2));
        add(",\"toParent\":%llu", (unsigned long long)before->parent2);
        if (before->is_known2) add(",\"replaced\":%llu", (unsigned long long)before->file2.st_ino);
    }
    if (call->target != NULL) add_text("target", call->target);
    if (call->descriptor >= 0) {
        add(",\"fd\":%d", call->descriptor);
    } else if (call->op == OP_OPEN && result >= 0) {
        add(",\"fd\":%ld", result);
    }
    int flags = call->op == OP_OPEN ? call->flags : call->op == OP_WRITE ? fcntl(call->descriptor, F_GETFL) : 0;
    if ((flags & O_SYNC) == O_SYNC) {
        add(",\"sync\":\"full\"");
    } else if ((flags & O_DSYNC) != 0) {
        add(",\"sync\":\"data\"");
    }
    if (call->op == OP_OPEN) {
        bool unnamed = (call->flags & O_TMPFILE) == O_TMPFILE;
        add(",\"created\":%s,\"truncated\":%s,\"tmpfile\":%s,\"append\":%s",
            result >= 0 && (unnamed || !before->is_known) ? "true" : "false",
            result >= 0 && !unnamed && before->is_known && (flags & O_TRUNC) != 0 ? "true" : "false",
            (flags & O_TMPFILE) == O_TMPFILE ? "true" : "false", (flags & O_APPEND) != 0 ? "true" : "false");
    }
    if (call->op == OP_OPEN || call->op == OP_RENAME || call->op == OP_LINK || call->op == OP_SYNC_RANGE) {
        add(",\"flags\":%d", call->flags);
    }
    if (is_there && !gone) {
        add(",\"mode\":%u,\"mtime\":%lld,\"size\":%lld", after.st_mode & 07777u,
            (long long)after.st_mtim.tv_sec * 1000000000 + after.st_mtim.tv_nsec, (long long)after.st_size);
    }
    if (call->op == OP_WRITE || call->op == OP_COPY) {
        add_data(call, before, result > 0 ? (size_t)result : 0);
    } else if (call->op == OP_TRUNCATE) {
        add(",\"length\":%lld", (long long)call->offset);
    } else if (call->op == OP_ALLOCATE || call->op == OP_SYNC_RANGE || call->op == OP_MSYNC) {
        add(",\"offset\":%lld,\"length\":%zu", (long long)call->offset, call->length);
        if (call->op == OP_ALLOCATE) add(",\"flags\":%d", call->flags);
    }
    if (call->op >= OP_FSYNC && call->op <= OP_MSYNC) add_callers();
    finish_line();
}

long record_call(struct call *call, performer *perform) {
    struct before before;
    int start = errno;
    faults_lock();
    if (inject_counts(call)) call->number = atomic_fetch_add(&state->calls, 1) + 1;
    look_before(call, &before);
    errno = start;
    long result = perform(call);
    int error = errno;
    write_down(call, &before, result, error);
    faults_unlock();
    errno = error;
    return result;
}
