// Forks a child that faults without execve, and says which it was and which signal ended it.
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

int main(void)
{
    pid_t child = fork();
    if (child == 0) {
        *(volatile int *)0x1230 = 1;
        _exit(98);
    }

    int status = 0;
    waitpid(child, &status, 0);
    printf("%d %d\n", (int)child, WIFSIGNALED(status) ? WTERMSIG(status) : 0);
    return 0;
}
