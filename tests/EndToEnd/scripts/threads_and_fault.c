// Says "ready", waits for a line, and faults in the middle of three threads that only wait.
#include <pthread.h>
#include <stdio.h>
#include <unistd.h>

static void *wait_for_ever(void *unused)
{
    for (;;) {
        pause();
    }
    return unused;
}

int main(void)
{
    for (int i = 0; i < 3; i++) {
        pthread_t thread;
        pthread_create(&thread, NULL, wait_for_ever, NULL);
    }
    puts("ready");
    fflush(stdout);
    getchar();
    *(volatile int *)0x1230 = 1;
    return 98;
}
