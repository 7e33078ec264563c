/* Waits for a line in its first thread and in N others, says how many were woken, and ends. */
#include <pthread.h>
#include <semaphore.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#define MOST_THREADS 64

static sem_t semaphore;

static void *wait_once(void *unused)
{
    (void)unused;
    return (void *)(intptr_t)sem_wait(&semaphore);
}

int main(int count, char **arguments)
{
    pthread_t threads[MOST_THREADS];
    int number = count == 2 ? atoi(arguments[1]) : 0;
    if (number < 0 || number > MOST_THREADS || sem_init(&semaphore, 0, 0) != 0) {
        return 2;
    }
    for (int i = 0; i < number; i++) {
        if (pthread_create(&threads[i], NULL, wait_once, NULL) != 0) {
            return 2;
        }
    }
    puts("ready");
    fflush(stdout);
    getchar();
    int woken = 0;
    for (int i = 0; i < number; i++) {
        sem_post(&semaphore);
    }
    for (int i = 0; i < number; i++) {
        void *result;
        pthread_join(threads[i], &result);
        woken += result == NULL;
    }
    printf("woken %d\n", woken);
    return 0;
}
