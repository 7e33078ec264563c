// Stands for crash-handler-walk, and does what MODE says: a good one, and all kinds of bad ones.
#define _GNU_SOURCE
#include <dirent.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

enum { VALID, NOTHING, GARBAGE, HALF, ENDLESS, SPINS, DEAF, CRASHES, EXITS, FORKS, GOES_ON, TELLS, NEWER, TALKS };

static const char head[] = "{\"version\":1,\"signature\":\"";
static const char tail[] = "\",\"source\":\"Walk\",\"milliseconds\":1.5,\"exception\":{\"type\":\"A.B\",\"message\":\"it is so\",\"frames\":[]},\"threads\":[{\"threadId\":1,\"frames\":[]}]}";

static void document(const char *signature)
{
    printf("%s%s%s", head, signature, tail);
    fflush(stdout);
}

// Descriptors (a digit each), directory, environment, signals blocked or ignored, core size, the request's first bytes, the memory's
// first byte at an address that everybody has.
static void tell(void)
{
    char text[1024] = "", directory[256] = "";
    DIR *files = opendir("/proc/self/fd");
    for (struct dirent *file; (file = readdir(files)) != NULL;) {
        if (file->d_name[0] != '.' && atoi(file->d_name) != dirfd(files)) {
            strcat(strcat(text, file->d_name), " ");
        }
    }
    sigset_t blocked;
    sigprocmask(SIG_SETMASK, NULL, &blocked);
    int signals = 0;
    for (int i = 1; i < 32; i++) {
        struct sigaction action;
        signals += sigismember(&blocked, i) || (sigaction(i, NULL, &action) == 0 && action.sa_handler == SIG_IGN);
    }
    struct rlimit core = { 1, 1 };
    // The handler sets it while this runs already.
    for (int i = 0; i < 1000 && core.rlim_max != 0; i++, usleep(1000)) {
        getrlimit(RLIMIT_CORE, &core);
    }
    char magic[5] = "", byte;
    if (read(STDIN_FILENO, magic, 4) != 4) {
        strcpy(magic, "none");
    }
    long readable = -1;
    FILE *maps = fopen("/proc/self/maps", "r");
    if (maps != NULL) {
        // Its own vsyscall page aside, the victim's memory is only known by the request: any address is refused, not the call.
        fclose(maps);
        readable = pread(3, &byte, 1, 0);
    }
    sprintf(text + strlen(text), "cwd=%s environment=%d signals=%d core=%lu request=%s memory=%ld leads=%d", getcwd(directory, sizeof directory), environ[0] != NULL, signals,
        (unsigned long)core.rlim_max, magic, readable, getpgrp() == getpid());
    document(text);
}

int main(void)
{
    switch (MODE) {
    case VALID:
        document("fake!valid");
        return 0;
    case NOTHING:
        return 0;
    case GARBAGE:
        puts("Segmentation fault");
        return 0;
    case HALF:
        fputs(head, stdout);
        return 0;
    case ENDLESS:
        for (;;) {
            document("again");
        }
    case SPINS:
        for (;;) {
        }
    case DEAF:
        for (int i = 1; i < 32; i++) {
            signal(i, SIG_IGN);
        }
        for (;;) {
            pause();
        }
    case CRASHES:
        document("fake!crashes");
        raise(SIGSEGV);
        return 0;
    case EXITS:
        document("fake!exits");
        return 3;
    case FORKS:
        if (fork() == 0) {
            for (;;) {
                pause();
            }
        }
        document("fake!forks");
        return 0;
    case GOES_ON:
        document("fake!goes on");
        fclose(stdout);
        for (;;) {
            pause();
        }
    case TELLS:
        tell();
        return 0;
    case NEWER:
        fputs("{\"version\":2,\"source\":\"Walk\",\"threads\":[]}", stdout);
        return 0;
    case TALKS:
        fputs("{\"version\":1,\"source\":\"Wa\\u006ck\",\"problem\":\"half \\ud83e\",\"threads\":[]}", stdout);
        return 0;
    }
    return 99;
}
