// Runs the program that it is told, waits for its end, says which signal that was, and faults.
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

int main(int count, char **arguments)
{
    pid_t child = count > 1 ? fork() : -1;
    if (child == 0) {
        execv(arguments[1], arguments + 1);
        _exit(97);
    }

    int status = 0;
    waitpid(child, &status, 0);
    printf("tool: %d\n", WIFSIGNALED(status) ? WTERMSIG(status) : 0);
    fflush(stdout);
    *(volatile int *)0x1230 = 1;
    return 98;
}
