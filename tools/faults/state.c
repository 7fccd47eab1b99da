// The settings of a run, the state that its processes share, and the way of each call through them.
#include "faults.h"

#include <errno.h>
#include <execinfo.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

struct settings settings;
struct state *state;
static _Thread_local bool inside;

static const struct {
    const char *name;
    int number;
} errors[] = {{"EIO", EIO},       {"ENOSPC", ENOSPC}, {"EDQUOT", EDQUOT}, {"EMFILE", EMFILE},
              {"ENFILE", ENFILE}, {"EINTR", EINTR},   {"EROFS", EROFS},   {"EACCES", EACCES}};

_Noreturn static void refuse(const char *reason) {
    dprintf(2, "faults: %s\n", reason);
    _exit(125);
}

static const char *variable(const char *name) {
    const char *value = getenv(name);
    return value == NULL ? "" : value;
}

static bool is(const char *name, const char *value) { return strcmp(variable(name), value) == 0; }

static void read_settings(void) {
    const char *root = variable("FAULTS_ROOT");
    if (root[0] != '/' || strlen(root) >= sizeof settings.root) refuse("FAULTS_ROOT must be an absolute path");
    strcpy(settings.root, root);
    settings.root_length = strlen(root);
    settings.at = strtoull(variable("FAULTS_AT"), NULL, 10);
    settings.after = is("FAULTS_WHEN", "after");
    settings.always = is("FAULTS_REPEAT", "always");
    settings.shorten = is("FAULTS_SHORT", "1");
    settings.reads = is("FAULTS_READS", "1");
    const char *error = variable("FAULTS_ERRNO");
    for (size_t i = 0; i < sizeof errors / sizeof errors[0]; i++) {
        if (strcmp(error, errors[i].name) == 0) settings.error = errors[i].number;
    }
    if (error[0] != 0 && settings.error == 0) refuse("FAULTS_ERRNO is none that it knows");
    if (is("FAULTS_MODE", "count")) {
        settings.mode = MODE_COUNT;
    } else if (is("FAULTS_MODE", "kill")) {
        settings.mode = MODE_KILL;
    } else if (is("FAULTS_MODE", "error")) {
        settings.mode = MODE_ERROR;
        if (settings.error == 0 && !settings.shorten) refuse("FAULTS_MODE=error needs FAULTS_ERRNO or FAULTS_SHORT");
    } else if (is("FAULTS_MODE", "record")) {
        settings.mode = MODE_RECORD;
    } else {
        refuse("FAULTS_MODE must be count, kill, error or record");
    }
}

static void enlist(void) {
    for (int i = 0; i < PROCESSES; i++) {
        int32_t free_place = 0;
        if (atomic_compare_exchange_strong(&state->processes[i], &free_place, getpid())) return;
    }
    refuse("too many processes");
}

__attribute__((constructor)) static void start(void) {
    if (getenv("FAULTS_ROOT") == NULL) return;
    inside = true;
    read_settings();
    int file = (int)syscall(SYS_openat, AT_FDCWD, variable("FAULTS_STATE"), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (file < 0 || syscall(SYS_ftruncate, file, sizeof(struct state)) < 0) refuse("cannot open FAULTS_STATE");
    void *shared = mmap(NULL, sizeof(struct state), PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    if (shared == MAP_FAILED) refuse("cannot map FAULTS_STATE");
    syscall(SYS_close, file);
    state = shared;
    enlist();
    if (settings.mode == MODE_RECORD) record_start();
    inside = false;
}

__attribute__((destructor)) static void finish(void) {
    if (state == NULL) return;
    for (int i = 0; i < PROCESSES; i++) {
        int32_t self = getpid();
        atomic_compare_exchange_strong(&state->processes[i], &self, 0);
    }
}

void faults_lock(void) {
    uint32_t self = (uint32_t)syscall(SYS_gettid);
    for (;;) {
        uint32_t holder = 0;
        if (atomic_compare_exchange_strong(&state->lock, &holder, self)) return;
        // A holder that was killed from outside never gives it back. Looking now and then is enough for a test.
        struct timespec wait = {0, 20000000};
        syscall(SYS_futex, &state->lock, FUTEX_WAIT, holder, &wait, NULL, 0);
        if (atomic_load(&state->lock) == holder && syscall(SYS_tkill, holder, 0) < 0 && errno == ESRCH) {
            atomic_compare_exchange_strong(&state->lock, &holder, 0);
        }
    }
}

void faults_unlock(void) {
    atomic_store(&state->lock, 0);
    syscall(SYS_futex, &state->lock, FUTEX_WAKE, 1, NULL, NULL, 0);
}

bool faults_descriptor_path(int descriptor, char *path) {
    char link[40];
    snprintf(link, sizeof link, "/proc/self/fd/%d", descriptor);
    ssize_t length = syscall(SYS_readlinkat, AT_FDCWD, link, path, PATH_MAX - 1);
    if (length < 0) length = 0;
    path[length] = 0;
    static const char deleted[] = " (deleted)";
    size_t suffix = sizeof deleted - 1;
    if ((size_t)length > suffix && strcmp(path + length - suffix, deleted) == 0) path[(size_t)length - suffix] = 0;
    return path[0] == '/';
}

bool faults_name_path(int at, const char *name, bool follow, char *path) {
    char whole[PATH_MAX];
    path[0] = 0;
    if (name == NULL || name[0] == 0) return false;
    if (name[0] == '/') {
        if (snprintf(whole, sizeof whole, "%s", name) >= PATH_MAX) return false;
    } else {
        char start[PATH_MAX];
        if (at == AT_FDCWD ? getcwd(start, sizeof start) == NULL : !faults_descriptor_path(at, start)) return false;
        if (snprintf(whole, sizeof whole, "%s/%s", start, name) >= PATH_MAX) return false;
    }
    size_t length = strlen(whole);
    while (length > 1 && whole[length - 1] == '/') whole[--length] = 0;
    if (follow && realpath(whole, path) != NULL) return true;
    char *slash = strrchr(whole, '/');
    char last[NAME_MAX + 1];
    if (snprintf(last, sizeof last, "%s", slash + 1) > NAME_MAX) return false;
    slash[slash == whole ? 1 : 0] = 0;
    // A folder that is not there yet, or not any more: the name as it was given is the best there is.
    if (realpath(whole, path) == NULL) snprintf(path, PATH_MAX, "%s", whole);
    size_t end = strlen(path);
    if (end + 2 + strlen(last) > PATH_MAX) return false;
    if (end > 1) path[end++] = '/';
    strcpy(path + end, last);
    return true;
}

bool faults_below_root(const char *path) {
    return strncmp(path, settings.root, settings.root_length) == 0 &&
           (path[settings.root_length] == '/' || path[settings.root_length] == 0);
}

/// The folder that holds the root: syncing it makes the root's own name durable.
static bool holds_root(const char *path) {
    size_t length = strlen(path);
    const char *slash = strrchr(settings.root, '/');
    return slash != NULL && length == (size_t)(slash - settings.root) && strncmp(path, settings.root, length) == 0;
}

/// The file that is mapped at an address.
static bool mapped_path(const void *address, char *path) {
    path[0] = 0;
    FILE *maps = fopen("/proc/self/maps", "re");
    if (maps == NULL) return false;
    char line[PATH_MAX + 200];
    while (fgets(line, sizeof line, maps) != NULL) {
        unsigned long first, last;
        int place = 0;
        if (sscanf(line, "%lx-%lx %*s %*s %*s %*s %n", &first, &last, &place) < 2) continue;
        if ((uintptr_t)address < first || (uintptr_t)address >= last) continue;
        line[strcspn(line, "\n")] = 0;
        if (place > 0) snprintf(path, PATH_MAX, "%.4000s", line + place);
    }
    fclose(maps);
    return path[0] == '/';
}

/// Finds the paths of a call, and whether it concerns the mirror.
static bool locate(struct call *call) {
    call->path[0] = call->path2[0] = 0;
    if (call->op == OP_MSYNC) {
        mapped_path(call->address, call->path);
    } else if (call->descriptor >= 0) {
        faults_descriptor_path(call->descriptor, call->path);
    } else {
        bool follow = (call->op == OP_OPEN || call->op == OP_LOOK) && (call->flags & (O_NOFOLLOW | O_EXCL)) == 0;
        follow = follow || call->op == OP_LIST || call->op == OP_TRUNCATE || call->op == OP_CHMOD;
        follow = follow || (call->op == OP_UTIMES && (call->flags & AT_SYMLINK_NOFOLLOW) == 0);
        follow = follow || (call->op == OP_LINK && (call->flags & AT_SYMLINK_FOLLOW) != 0);
        faults_name_path(call->at, call->name, follow, call->path);
    }
    if (call->name2 != NULL) faults_name_path(call->at2, call->name2, false, call->path2);
    if (faults_below_root(call->path) || (call->name2 != NULL && faults_below_root(call->path2))) return true;
    return call->op >= OP_FSYNC && call->op <= OP_MSYNC && holds_root(call->path);
}

/// Whether an open is one to write to a file that is there.
static bool opens_to_write(const struct call *call) {
    return call->op == OP_LOOK && (call->flags & O_ACCMODE) != O_RDONLY;
}

/// Remembers that a name outside the mirror was made, changed, opened to be written to, or removed.
static void note_stray(const struct call *call, const char *path) {
    static const char *const harmless[] = {"/dev/", "/proc/", "/sys/"};
    bool changes = call->op < OP_CLOSE && call->op != OP_SYNCFS;
    if (call->descriptor >= 0 || !(changes || opens_to_write(call)) || path[0] == 0) return;
    for (size_t i = 0; i < sizeof harmless / sizeof harmless[0]; i++) {
        if (strncmp(path, harmless[i], strlen(harmless[i])) == 0) return;
    }
    if (atomic_fetch_add(&state->strays, 1) > 0) return;
    snprintf(state->stray, sizeof state->stray, "%s %.900s", call->function, path);
}

/// The same of a call with two names, one of which may be within.
static void note_strays(const struct call *call) {
    if (!faults_below_root(call->path)) note_stray(call, call->path);
    if (call->name2 != NULL && !faults_below_root(call->path2)) note_stray(call, call->path2);
}

bool faults_watching(void) { return state != NULL && !inside; }

long faults_run(struct call *call, performer *perform) {
    if (!faults_watching()) return perform(call);
    bool recording = settings.mode == MODE_RECORD;
    bool interesting = call->op < OP_CLOSE || (recording && call->op == OP_CLOSE) || inject_counts(call);
    if (!interesting && !opens_to_write(call)) return perform(call);
    int before = errno;
    inside = true;
    long result;
    if (!locate(call) || !interesting) {
        errno = before;
        result = perform(call);
        before = errno;
        if (result >= 0) note_strays(call);
    } else if (recording) {
        errno = before;
        result = record_call(call, perform);
        before = errno;
    } else if (!inject_counts(call)) {
        errno = before;
        result = perform(call);
        before = errno;
    } else {
        call->number = atomic_fetch_add(&state->calls, 1) + 1;
        errno = before;
        enum verdict verdict = inject_decide(call);
        if (verdict == VERDICT_SHORTEN) call->length /= 2;
        result = verdict == VERDICT_FAIL ? -1 : perform(call);
        before = errno;
        if (verdict == VERDICT_KILL_AFTER) inject_kill();
        if (result >= 0 && call->name2 != NULL) note_strays(call);
    }
    inside = false;
    errno = before;
    return result;
}
