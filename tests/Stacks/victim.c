/* Stacks to unwind: a chain of functions that ends in a wait, by a way that is told. Says "ready" before it waits, and ends when it is killed, or by itself after a while.
   Usage: victim deep|locals|qsort|signal|badcall|abort|vdso|threads N */
#define _GNU_SOURCE
#include <alloca.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define LONGEST_SECONDS 300
#define NOINLINE __attribute__((noinline, noclone))

static int threads_left;

static NOINLINE void park(void)
{
    if (write(1, "ready\n", 6) != 6)
        _exit(3);
    for (;;)
        pause();
}

static NOINLINE int inner(int value)
{
    volatile int here[4] = { value };
    park();
    return here[0];
}

static NOINLINE int middle(int value)
{
    volatile char buffer[200];
    buffer[0] = (char)value;
    return inner(value + 1) + buffer[0];
}

static NOINLINE int outer(int value)
{
    return middle(value + 1) * 2;
}

static NOINLINE int locals(int count)
{
    volatile char *room = alloca((size_t)count);
    room[0] = 1;
    return outer(count) + room[0];
}

static NOINLINE int compare(const void *left, const void *right)
{
    return outer(*(const int *)left - *(const int *)right) + 1;
}

static NOINLINE void on_signal(int signal)
{
    outer(signal);
}

static NOINLINE int fault(volatile int *address)
{
    return *address + 1;
}

static NOINLINE int call(int (*function)(void))
{
    return function() + 1;
}

/* The call of abort is its last instruction: the return address is behind it. */
static NOINLINE __attribute__((noreturn)) void last(const char *why)
{
    if (write(2, why, 0) != 0)
        _exit(3);
    abort();
}

static NOINLINE int before_last(const char *why)
{
    if (why[0] == 'n')
        last(why);
    return why[1];
}

static NOINLINE long spin(void)
{
    struct timespec now;
    long sum = 0;
    for (;;) {
        clock_gettime(CLOCK_MONOTONIC, &now);
        sum += now.tv_nsec;
        __asm__ volatile("" : "+r"(sum));
    }
    return sum;
}

static NOINLINE void *wait_in_thread(void *unused)
{
    if (__atomic_sub_fetch(&threads_left, 1, __ATOMIC_SEQ_CST) == 0)
        outer(1);
    for (;;)
        pause();
    return unused;
}

static void catch(int signal)
{
    static char stack[65536];
    stack_t alternate = { .ss_sp = stack, .ss_size = sizeof stack };
    sigaltstack(&alternate, NULL);
    struct sigaction action = { .sa_handler = on_signal, .sa_flags = SA_ONSTACK };
    sigaction(signal, &action, NULL);
}

int main(int count, char **arguments)
{
    const char *mode = count > 1 ? arguments[1] : "";
    int numbers[] = { 3, 1, 2 };
    alarm(LONGEST_SECONDS);
    if (strcmp(mode, "deep") == 0)
        return outer(count);
    if (strcmp(mode, "locals") == 0)
        return locals(count * 100);
    if (strcmp(mode, "qsort") == 0)
        qsort(numbers, 3, sizeof numbers[0], compare);
    if (strcmp(mode, "signal") == 0) {
        catch(SIGSEGV);
        return fault((int *)0x10);
    }
    if (strcmp(mode, "badcall") == 0) {
        catch(SIGSEGV);
        return call((int (*)(void))0);
    }
    if (strcmp(mode, "abort") == 0) {
        catch(SIGABRT);
        return before_last("no reason");
    }
    if (strcmp(mode, "vdso") == 0) {
        if (write(1, "ready\n", 6) != 6)
            return 3;
        return (int)spin();
    }
    if (strcmp(mode, "threads") == 0) {
        int number = atoi(arguments[2]);
        threads_left = number;
        pthread_attr_t attributes;
        pthread_attr_init(&attributes);
        pthread_attr_setstacksize(&attributes, 131072);
        for (int i = 0; i < number; i++) {
            pthread_t thread;
            if (pthread_create(&thread, &attributes, wait_in_thread, NULL) != 0)
                return 2;
        }
        for (;;)
            pause();
    }
    return numbers[0];
}
