/* trace_others PID: traces every thread of a process but its first one, without stopping any, until its standard input ends. */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ptrace.h>

int main(int count, char **arguments)
{
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/task", count == 2 ? atoi(arguments[1]) : 0);
    DIR *tasks = opendir(path);
    for (struct dirent *entry; tasks != NULL && (entry = readdir(tasks)) != NULL;) {
        int tid = atoi(entry->d_name);
        if (tid > 0 && tid != atoi(arguments[1]) && ptrace(PTRACE_SEIZE, tid, NULL, NULL) != 0) {
            perror("PTRACE_SEIZE");
            return 1;
        }
    }
    puts("tracing");
    fflush(stdout);
    getchar();
    return 0;
}
