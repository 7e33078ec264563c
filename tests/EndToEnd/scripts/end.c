/* Ends in the way that it is told; says what it could not do. */
#define _GNU_SOURCE
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* Behind the C library's back, and that of whoever took its place: nothing sees the signal but the kernel. */
static void die_unseen(int signal)
{
    char action[32] = {0};
    struct rlimit none = {0, 0};
    setrlimit(RLIMIT_CORE, &none);
    if (syscall(SYS_rt_sigaction, signal, action, NULL, 8) != 0)
        perror("rt_sigaction");
    syscall(SYS_tgkill, getpid(), getpid(), signal);
}

/* In private pages, so that they count as its own. */
static void take_all(void)
{
    const size_t piece = 1 << 20;
    for (;;)
    {
        char *more = mmap(NULL, piece, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (more == MAP_FAILED)
        {
            perror("mmap");
            return;
        }
        memset(more, 1, piece);
    }
}

int main(int count, char **words)
{
    const char *way = count > 1 ? words[1] : "";
    if (strcmp(way, "wait") == 0 && count > 2)
    {
        puts("ready");
        fflush(stdout);
        if (getchar() == EOF)
            return 3;
        way = words[2];
    }

    if (strcmp(way, "exit") == 0)
        return 0;
    if (strcmp(way, "fail") == 0)
        return 137;
    if (strcmp(way, "_exit") == 0)
        _exit(0);
    if (strcmp(way, "term") == 0)
        die_unseen(SIGTERM);
    if (strcmp(way, "pipe") == 0)
        die_unseen(SIGPIPE);
    if (strcmp(way, "quit") == 0)
        die_unseen(SIGQUIT);
    if (strcmp(way, "kill") == 0)
        kill(getpid(), SIGKILL);
    if (strcmp(way, "segv") == 0)
        die_unseen(SIGSEGV);
    if (strcmp(way, "take-all") == 0)
        take_all();
    if (strcmp(way, "let-go") == 0)
    {
        /* As programs do that close what they did not open; and they go on. */
        syscall(SYS_close_range, 3, ~0u, 0);
        puts("let go");
        fflush(stdout);
        getchar();
        die_unseen(SIGSEGV);
    }
    if (strcmp(way, "uncovered") == 0 && count > 2)
    {
        char *empty[] = {NULL};
        execle(words[0], words[0], "wait", words[2], (char *)NULL, empty);
    }
    if (strcmp(way, "execve") == 0 && count > 2)
        execl(words[0], words[0], words[2], (char *)NULL);
    if (strcmp(way, "fork") == 0)
    {
        int status;
        if (fork() == 0)
            kill(getpid(), SIGKILL);
        return wait(&status) > 0 && WIFSIGNALED(status) ? 0 : 4;
    }

    fprintf(stderr, "it did not end by '%s'\n", way);
    return 2;
}
