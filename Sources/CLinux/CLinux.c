#define _GNU_SOURCE
#include "CLinux.h"

#include <errno.h>
#include <linux/fs.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

int larder_syncfs(int descriptor) { return syncfs(descriptor); }

void larder_set_thread_name(const char *name) { (void)pthread_setname_np(pthread_self(), name); }

int larder_open(const char *path, int flags, mode_t mode) { return open(path, flags, mode); }

int larder_forget_cached(int descriptor) { return posix_fadvise(descriptor, 0, 0, POSIX_FADV_DONTNEED); }

int larder_open_direct(const char *path, int flags) { return open(path, flags | O_DIRECT); }

bool larder_leave_direct(int descriptor) {
    const int flags = fcntl(descriptor, F_GETFL);
    return flags >= 0 && (flags & O_DIRECT) && fcntl(descriptor, F_SETFL, flags & ~O_DIRECT) == 0;
}

int larder_clone(int source, int target) { return ioctl(target, FICLONE, source); }

ssize_t larder_readlink(const char *path, char *buffer, size_t size) { return readlink(path, buffer, size); }

int larder_flock(int descriptor, bool waiting) { return flock(descriptor, LOCK_EX | (waiting ? 0 : LOCK_NB)); }

int larder_unlock(int descriptor) { return flock(descriptor, LOCK_UN); }

int larder_statvfs(const char *path, struct statvfs *result) { return statvfs(path, result); }

int larder_pipe(int *ends) { return pipe2(ends, O_CLOEXEC); }

int larder_accept(int descriptor) { return accept4(descriptor, NULL, NULL, SOCK_CLOEXEC); }

int larder_rename_new(const char *source, const char *destination) {
    return renameat2(AT_FDCWD, source, AT_FDCWD, destination, RENAME_NOREPLACE);
}

int larder_exchange(const char *first, const char *second) {
    return renameat2(AT_FDCWD, first, AT_FDCWD, second, RENAME_EXCHANGE);
}

int larder_spawn_close_from(void *actions, int first) {
    return posix_spawn_file_actions_addclosefrom_np(actions, first);
}

bool larder_die_with(pid_t parent) {
    const struct rlimit none = {0, 0};
    (void)setrlimit(RLIMIT_CORE, &none);
    return prctl(PR_SET_PDEATHSIG, SIGKILL) == 0 && getppid() == parent;
}

// sem_post(3) is one of the few calls that a signal handler may make (signal-safety(7)).
static sem_t arrivals;

static void note_arrival(int number) {
    (void)number;
    int code = errno;
    (void)sem_post(&arrivals);
    errno = code;
}

void larder_watch_signals(void) {
    (void)sem_init(&arrivals, 0, 0);
    struct sigaction action = {.sa_handler = note_arrival, .sa_flags = SA_RESTART | (int)SA_RESETHAND};
    sigemptyset(&action.sa_mask);
    (void)sigaction(SIGINT, &action, NULL);
    (void)sigaction(SIGTERM, &action, NULL);
}

void larder_wait_for_signal(void) {
    while (sem_wait(&arrivals) != 0 && errno == EINTR) {
    }
}

void larder_end_signal_watch(void) { (void)sem_post(&arrivals); }
