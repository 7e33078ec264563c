// What the victim with known stacks needs of native code beside death.c, with which it is libdeath.so.
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void death_fault(uint64_t address);
void stack_call_back(void (*callback)(uint64_t), uint64_t argument);
int stack_compare(const void *one, const void *other);
void stack_sort(void (*callback)(uint64_t), uint64_t argument);
void stack_fault_once_held(volatile int *ready, int thread, uint64_t address);
void stack_hold(volatile int *held);
void stack_fault_together(volatile int *arrived, int threads, uint64_t address);

static volatile int sink;

// What follows the call keeps the frame.
__attribute__((noinline)) void stack_call_back(void (*callback)(uint64_t), uint64_t argument)
{
    callback(argument);
    sink = 1;
}

struct item {
    void (*callback)(uint64_t);
    uint64_t argument;
};

__attribute__((noinline)) int stack_compare(const void *one, const void *other)
{
    const struct item *item = one;
    (void)other;
    item->callback(item->argument);
    sink = 1;
    return 0;
}

// The C library stands between: it calls what calls back.
__attribute__((noinline)) void stack_sort(void (*callback)(uint64_t), uint64_t argument)
{
    struct item items[] = { { callback, argument }, { callback, argument } };
    qsort(items, sizeof items / sizeof items[0], sizeof items[0], stack_compare);
    sink = 1;
}

// Called without a change to preemptive mode: nobody collects garbage before it returns, and it never does.
__attribute__((noinline)) void stack_hold(volatile int *held)
{
    *held = 1;
    for (;;) {
        pause();
    }
}

static int is_asleep(int thread)
{
    char path[64], text[256];
    snprintf(path, sizeof path, "/proc/self/task/%d/stat", thread);
    int file = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t length = file < 0 ? 0 : read(file, text, sizeof text - 1);
    close(file);
    text[length > 0 ? length : 0] = '\0';
    const char *name_end = strrchr(text, ')');
    return name_end != NULL && name_end[1] == ' ' && name_end[2] == 'S';
}

// The thread never sleeps by itself: when it does, the runtime holds it, to collect garbage.
__attribute__((noinline)) void stack_fault_once_held(volatile int *ready, int thread, uint64_t address)
{
    *ready = 1;
    while (!is_asleep(thread)) {
    }
    death_fault(address);
    sink = 1;
}

// All of them are here before the first one faults, with nothing left to load or to look up.
__attribute__((noinline)) void stack_fault_together(volatile int *arrived, int threads, uint64_t address)
{
    __atomic_add_fetch(arrived, 1, __ATOMIC_SEQ_CST);
    while (*arrived < threads) {
    }
    death_fault(address);
    sink = 1;
}
