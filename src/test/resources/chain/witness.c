/* The last program of a chain: says all that it was given, in fields that end in NUL.
 *
 *   usage: witness CODE [ARGUMENTS ...]
 *
 * exit: CODE */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#define DESCRIPTORS 2048
#define SIGNALS 64
#define GROUPS 64

extern char **environ;

static void descriptors(void) {
    struct stat status;
    for (int i = 0; i < DESCRIPTORS; i++)
        if (!fstat(i, &status))
            printf("descriptor %d=%o%s%c", i, status.st_mode & S_IFMT,
                   fcntl(i, F_GETFL) & O_NONBLOCK ? " non-blocking" : "", 0);
}

static void signals(void) {
    struct sigaction action;
    sigset_t blocked;
    sigprocmask(SIG_BLOCK, 0, &blocked);
    for (int i = 1; i <= SIGNALS; i++) {
        if (sigismember(&blocked, i) == 1) printf("signal %d=blocked%c", i, 0);
        if (!sigaction(i, 0, &action) && action.sa_handler == SIG_IGN) printf("signal %d=ignored%c", i, 0);
    }
}

static void limits(void) {
    struct rlimit limit;
    for (int i = 0; i < RLIM_NLIMITS; i++)
        if (!getrlimit(i, &limit))
            printf("limit %d=%lu %lu%c", i, (unsigned long)limit.rlim_cur, (unsigned long)limit.rlim_max, 0);
    printf("priority=%d%c", getpriority(PRIO_PROCESS, 0), 0);
}

int main(int argc, char **argv) {
    char path[4096];
    gid_t groups[GROUPS];
    if (argc < 2) return 111;
    for (int i = 0; i < argc; i++) printf("argument %d=%s%c", i, argv[i], 0);
    for (int i = 0; environ[i]; i++) printf("variable %s%c", environ[i], 0);
    printf("directory=%s%c", getcwd(path, sizeof path) ? path : "?", 0);
    printf("umask=%o%c", umask(0), 0);
    printf("ids=%d %d %d %d", getuid(), geteuid(), getgid(), getegid());
    for (int i = 0, n = getgroups(GROUPS, groups); i < n; i++) printf(" %d", groups[i]);
    putchar(0);
    descriptors();
    signals();
    limits();
    return fflush(stdout) ? 111 : atoi(argv[1]);
}
