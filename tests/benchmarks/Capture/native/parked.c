// A process with parked threads that faults when it is told to: parked THREADS. Prints "ready", waits for a line, prints "fault NANOSECONDS"
// (CLOCK_MONOTONIC) and writes to address 0.
#define _GNU_SOURCE
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>

enum { STACK_BYTES = 64 * 1024, NAME_BYTES = 16 };

static pthread_barrier_t parked;

static void *park(void *number)
{
    char name[NAME_BYTES];
    snprintf(name, sizeof name, "worker %ld", (long)number);
    prctl(PR_SET_NAME, name);
    pthread_barrier_wait(&parked);
    for (;;) {
        pause();
    }

    return NULL;
}

int main(int count, char **arguments)
{
    long threads = count > 1 ? atol(arguments[1]) : 0;
    pthread_attr_t small;
    pthread_attr_init(&small);
    pthread_attr_setstacksize(&small, STACK_BYTES);
    pthread_barrier_init(&parked, NULL, (unsigned)threads + 1);
    for (long i = 0; i < threads; i++) {
        pthread_t thread;
        if (pthread_create(&thread, &small, park, (void *)i) != 0) {
            fprintf(stderr, "no thread %ld\n", i);
            return 1;
        }
    }

    pthread_barrier_wait(&parked);
    // Whoever floors this process is none of its ancestors.
    prctl(PR_SET_PTRACER, PR_SET_PTRACER_ANY);
    puts("ready");
    fflush(stdout);
    // One byte: many of them may read from one pipe.
    char go;
    if (read(STDIN_FILENO, &go, 1) != 1) {
        return 0;
    }

    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    char line[64];
    int length = snprintf(line, sizeof line, "fault %lld\n", now.tv_sec * 1000000000LL + now.tv_nsec);
    if (write(STDOUT_FILENO, line, (size_t)length) != length) {
        return 1;
    }

    *(volatile int *)0 = 0;
    return 0;
}
