/* In createdump's place: stops every thread of its parent, and never ends. */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ptrace.h>
#include <unistd.h>

int main(void)
{
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/task", getppid());
    DIR *threads = opendir(path);
    if (threads == NULL) {
        return 1;
    }
    for (struct dirent *entry; (entry = readdir(threads)) != NULL;) {
        int tid = atoi(entry->d_name);
        if (tid != 0 && ptrace(PTRACE_SEIZE, tid, NULL, NULL) == 0) {
            ptrace(PTRACE_INTERRUPT, tid, NULL, NULL);
        }
    }
    for (;;) {
        pause();
    }
}
