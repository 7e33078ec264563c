/* Traces a process, without stopping it, until its standard input ends. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/ptrace.h>

int main(int count, char **arguments)
{
    if (count != 2 || ptrace(PTRACE_SEIZE, atoi(arguments[1]), NULL, NULL) != 0) {
        perror("PTRACE_SEIZE");
        return 1;
    }
    puts("tracing");
    fflush(stdout);
    getchar();
    return 0;
}
