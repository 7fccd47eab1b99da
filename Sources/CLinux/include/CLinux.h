#pragma once
#include <fcntl.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/statvfs.h>
#include <sys/types.h>

// Calls of the GNU C library that Swift's Glibc module leaves out, since it does not define _GNU_SOURCE, calls
// with variable arguments, which Swift does not import, and calls that share their name with a structure.

/// syncfs(2): writes out everything of the file system that holds `descriptor`; reports write errors since Linux 5.8.
int larder_syncfs(int descriptor);

/// pthread_setname_np(3) for the calling thread; `name` has at most 15 bytes.
void larder_set_thread_name(const char *_Nonnull name);

/// open(2) with its optional argument given.
int larder_open(const char *_Nonnull path, int flags, mode_t mode);

/// posix_fadvise(2) with POSIX_FADV_DONTNEED for the whole file.
int larder_forget_cached(int descriptor);

/// open(2) with O_DIRECT: what is read comes from the disk, not from memory.
int larder_open_direct(const char *_Nonnull path, int flags);

/// Takes O_DIRECT from an open file; false when it was not there.
bool larder_leave_direct(int descriptor);

/// ioctl_ficlone(2): `target` shares all bytes of `source`.
int larder_clone(int source, int target);

/// readlink(2).
ssize_t larder_readlink(const char *_Nonnull path, char *_Nullable buffer, size_t size);

/// flock(2) for an exclusive lock.
int larder_flock(int descriptor, bool waiting);

/// flock(2) that gives a lock up, also where a program that is being started has the descriptor for a moment too.
int larder_unlock(int descriptor);

/// statvfs(3).
int larder_statvfs(const char *_Nonnull path, struct statvfs *_Nonnull result);

/// pipe2(2) whose ends no program inherits, not even one that another thread starts at the same moment.
int larder_pipe(int *_Nonnull ends);

/// accept4(2) for a connection that no program inherits.
int larder_accept(int descriptor);

/// renameat2(2) with RENAME_NOREPLACE.
int larder_rename_new(const char *_Nonnull source, const char *_Nonnull destination);

/// renameat2(2) with RENAME_EXCHANGE.
int larder_exchange(const char *_Nonnull first, const char *_Nonnull second);

/// posix_spawn_file_actions_addclosefrom_np(3), `actions` being a `posix_spawn_file_actions_t`: the program inherits
/// no descriptor from `first` on.
int larder_spawn_close_from(void *_Nonnull actions, int first);

/// Has this process killed when the thread that started it ends, also by kill -9, and leaves no core file behind
/// (prctl(2), PR_SET_PDEATHSIG); false when `parent` is not the parent any more.
bool larder_die_with(pid_t parent);
/// Has SIGINT and SIGTERM counted; the second one of a kind ends the process as usual. Needs no descriptor.
void larder_watch_signals(void);

/// Waits until a watched signal came, or larder_end_signal_watch was called.
void larder_wait_for_signal(void);

/// Ends one wait.
void larder_end_signal_watch(void);

