/* A process without .NET, which says its pid and lives until it is told a line, or its input ends. */
#include <stdio.h>
#include <windows.h>

int main(void)
{
    char line[16];
    printf("pid %lu\n", GetCurrentProcessId());
    fflush(stdout);
    return fgets(line, sizeof line, stdin) == NULL;
}
