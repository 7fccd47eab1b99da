// Which calls are numbered, and what happens to the one whose number was asked for.
#include "faults.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <unistd.h>

static bool is_sync(enum operation op) { return op >= OP_FSYNC && op <= OP_MSYNC; }

/// Whether the call opens a file for writing, be it there or not.
static bool opens_to_write(const struct call *call) {
    return call->op == OP_OPEN || (call->op == OP_LOOK && (call->flags & O_ACCMODE) != O_RDONLY);
}

/// Whether a call can fail with the error, by POSIX and the manual pages of Linux.
static bool concerns(const struct call *call, int error) {
    enum operation op = call->op;
    switch (error) {
    case EIO:
        return op < OP_CLOSE || (settings.reads && (op == OP_READ || op == OP_LOOK || op == OP_LIST));
    case ENOSPC:
    case EDQUOT:
        // A sync can find out late that there is no room, but on a disk that stays full it is the writes that fail.
        if (is_sync(op)) return !settings.always;
        return op == OP_OPEN || op == OP_WRITE || op == OP_COPY || op == OP_LINK || op == OP_RENAME ||
               op == OP_SYMLINK || op == OP_MKDIR || op == OP_ALLOCATE;
    case EMFILE:
    case ENFILE:
        return op == OP_OPEN || op == OP_LOOK || op == OP_LIST;
    case EINTR:
        return op == OP_OPEN || op == OP_WRITE || op == OP_FSYNC || op == OP_FDATASYNC || op == OP_TRUNCATE ||
               op == OP_ALLOCATE || (op == OP_CHMOD && call->descriptor >= 0);
    case EROFS:
        return op < OP_CLOSE || opens_to_write(call);
    case EACCES:
        return opens_to_write(call) || op == OP_LINK || op == OP_RENAME || op == OP_SYMLINK || op == OP_MKDIR ||
               op == OP_UNLINK || op == OP_RMDIR || (op == OP_TRUNCATE && call->descriptor < 0) ||
               (op == OP_UTIMES && call->descriptor < 0);
    default:
        return op < OP_CLOSE;
    }
}

bool inject_counts(const struct call *call) {
    if (settings.shorten) return (call->op == OP_WRITE || call->op == OP_COPY) && call->length > 1;
    if (settings.error != 0) return concerns(call, settings.error);
    return call->op < OP_CLOSE;
}

/// Keeps the first call that was struck, for reports.
static void describe(const struct call *call) {
    if (state->struck[0] != 0) return;
    snprintf(state->struck, sizeof state->struck, "%s %.900s", call->function,
             faults_below_root(call->path) ? call->path + settings.root_length : call->path);
}

enum verdict inject_decide(struct call *call) {
    uint64_t number = call->number;
    if (settings.mode == MODE_KILL) {
        // After the fatal call nothing happens any more, in no thread and no process.
        if (number > settings.at) {
            for (;;) pause();
        }
        if (number < settings.at) return VERDICT_PASS;
        describe(call);
        if (!settings.after) inject_kill();
        return VERDICT_KILL_AFTER;
    }
    if (settings.mode != MODE_ERROR) return VERDICT_PASS;
    if (settings.always ? number < settings.at : number != settings.at) return VERDICT_PASS;
    atomic_fetch_add(&state->injected, 1);
    describe(call);
    if (settings.shorten) return VERDICT_SHORTEN;
    errno = settings.error;
    return VERDICT_FAIL;
}

_Noreturn void inject_kill(void) {
    atomic_store(&state->killed, 1);
    pid_t self = getpid();
    for (int i = 0; i < PROCESSES; i++) {
        pid_t process = atomic_load(&state->processes[i]);
        // Only of this run: another process could have got the number of one that ended without saying so.
        if (process > 0 && process != self && getsid(process) == getsid(0)) kill(process, SIGKILL);
    }
    kill(self, SIGKILL);
    for (;;) pause();
}
