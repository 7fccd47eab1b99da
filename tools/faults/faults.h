// What the parts of the fault library share; README.md says what it is for and which variables it reads.
#pragma once
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <sys/uio.h>

_Static_assert(sizeof(off_t) == 8 && sizeof(void *) == 8, "64-bit systems only");

/// Kinds of calls. Those from OP_CLOSE on change nothing and have no number, unless an injected error concerns them.
enum operation {
    OP_OPEN,
    OP_WRITE,
    OP_COPY,
    OP_FSYNC,
    OP_FDATASYNC,
    OP_SYNCFS,
    OP_SYNC_RANGE,
    OP_MSYNC,
    OP_LINK,
    OP_RENAME,
    OP_SYMLINK,
    OP_MKDIR,
    OP_UNLINK,
    OP_RMDIR,
    OP_TRUNCATE,
    OP_ALLOCATE,
    OP_CHMOD,
    OP_UTIMES,
    OP_CLOSE,
    OP_READ,
    OP_LOOK, // an open that changes nothing: for reading, or for writing to what is there
    OP_LIST, // opendir
};

/// One call of the program, as its wrapper describes it.
struct call {
    enum operation op;
    const char *function;
    /// The descriptor that the call is about, or -1 when it names its file.
    int descriptor;
    /// The descriptor that a copy reads from.
    int source;
    /// Where the names start from, and the names; `name2` is the destination of a rename or a link.
    int at, at2;
    const char *name, *name2;
    /// What a symbolic link is to hold.
    const char *target;
    int flags;
    mode_t mode;
    /// What a write has to write; `length` is less than their sum when the write was cut short.
    const struct iovec *vectors;
    int count;
    /// -1 for the position of the descriptor.
    off_t offset;
    size_t length;
    off_t *source_offset, *target_offset;
    const struct timespec *times;
    void *address;
    /// The answer of a call that gives a pointer.
    void *stream;

    /// Filled in by the library: the absolute paths behind descriptor and names; empty when unknown.
    char path[PATH_MAX], path2[PATH_MAX];
    /// Filled in by the library: the number of the call, 0 for one without number.
    uint64_t number;
};

/// Makes the call that a wrapper stands for, by the kernel's own interface; -1 and errno as the C library does it.
typedef long performer(struct call *);

/// Counts the call, does to it what the environment says, and makes it; the result is that of the C library.
long faults_run(struct call *call, performer *perform);

/// Whether the library has anything to do; false within its own calls.
bool faults_watching(void);

/// How the library was asked to behave.
enum mode { MODE_OFF, MODE_COUNT, MODE_KILL, MODE_ERROR, MODE_RECORD };

struct settings {
    enum mode mode;
    char root[PATH_MAX];
    size_t root_length;
    uint64_t at;
    bool after;
    bool always;
    bool shorten;
    bool reads;
    int error;
};
extern struct settings settings;

enum { PROCESSES = 64, DESCRIPTION = 1024 };

/// What all processes of a run share: the file FAULTS_STATE. `running.py` reads it; keep both in step.
struct state {
    _Atomic uint64_t calls;    // numbered calls so far
    _Atomic uint64_t injected; // errors given and writes cut short
    _Atomic uint64_t strays;   // names made, changed or removed outside FAULTS_ROOT
    _Atomic uint64_t logged;   // lines in the log
    _Atomic uint64_t data;     // bytes in the log's side file
    _Atomic uint32_t killed;   // 1 once the kill began
    _Atomic uint32_t lock;     // a futex: 0 free, else the thread that holds it
    _Atomic int32_t processes[PROCESSES];
    char struck[DESCRIPTION]; // the first call that was killed or given an error: "function path"
    char stray[DESCRIPTION];  // the first stray
};
extern struct state *state;

/// One thread of one process at a time; a holder that died is passed over.
void faults_lock(void);
void faults_unlock(void);

/// Absolute path of a descriptor or a name, links resolved, but the last one only if `follow`; false if unknown.
bool faults_descriptor_path(int descriptor, char *path);
bool faults_name_path(int at, const char *name, bool follow, char *path);
/// Whether a path is FAULTS_ROOT or below it.
bool faults_below_root(const char *path);

/// What is to happen to a call that concerns the mirror.
enum verdict { VERDICT_PASS, VERDICT_FAIL, VERDICT_SHORTEN, VERDICT_KILL_AFTER };
/// Whether a call gets a number in this run.
bool inject_counts(const struct call *call);
/// Decides by the number of the call; does not return when the process dies first.
enum verdict inject_decide(struct call *call);
/// Kills all processes of the run.
_Noreturn void inject_kill(void);

/// Opens the log.
void record_start(void);
/// Makes a call and writes it down, as one step for all threads and processes.
long record_call(struct call *call, performer *perform);
