// What a victim dies of in native code. Built as libdeath.so for .NET victims, and with NATIVE_VICTIM as a program of its own.
#define _GNU_SOURCE
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#define PAGE_BYTES 4096

void death_fault(uint64_t address);
void death_abort(void);
void death_raise(int number);
uint64_t death_cut_mapping(void);

__attribute__((noinline)) void death_fault(uint64_t address)
{
    *(volatile int *)address = 1;
}

__attribute__((noinline)) void death_abort(void)
{
    abort();
}

__attribute__((noinline)) void death_raise(int number)
{
    raise(number);
}

// The address of a page whose file is too short for it: touching it is SIGBUS.
uint64_t death_cut_mapping(void)
{
    char path[] = "/tmp/death-XXXXXX";
    int file = mkstemp(path);
    unlink(path);
    if (ftruncate(file, PAGE_BYTES) != 0) {
        return 0;
    }
    void *memory = mmap(NULL, PAGE_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    return ftruncate(file, 0) == 0 ? (uint64_t)memory : 0;
}

#ifdef NATIVE_VICTIM

static const char *facts;

static void write_facts(uint64_t address)
{
    FILE *file = fopen(facts, "w");
    fprintf(file, "tid %ld\nstack %lu\naddress %lu\n", syscall(SYS_gettid), (unsigned long)__builtin_frame_address(0), (unsigned long)address);
    fclose(file);
}

static __attribute__((noinline, optimize("no-optimize-sibling-calls"))) int descend(volatile int *depth)
{
    volatile int here = *depth + 1;
    return here < 0 ? 0 : descend(&here) + here;
}

static void *overflow(void *unused)
{
    volatile int depth = 0;
    write_facts(0);
    descend(&depth);
    return unused;
}

static void fault(uint64_t address)
{
    write_facts(address);
    death_fault(address);
}

int main(int count, char **arguments)
{
    char line[16];
    const char *kind = count > 1 ? arguments[1] : "";
    facts = count > 2 ? arguments[2] : "/dev/null";
    write_facts(0);
    puts("ready");
    fflush(stdout);
    while (fgets(line, sizeof line, stdin) != NULL && strcmp(line, "ping\n") == 0) {
        puts("pong");
        fflush(stdout);
    }
    if (strcmp(kind, "native-fault") == 0) {
        fault(0x1230);
    } else if (strcmp(kind, "native-bus") == 0) {
        fault(death_cut_mapping());
    } else if (strcmp(kind, "native-abort") == 0) {
        death_abort();
    } else if (strcmp(kind, "raised-trap") == 0) {
        death_raise(SIGTRAP);
    } else if (strcmp(kind, "fpe-raised-twice") == 0) {
        death_raise(SIGFPE);
        death_raise(SIGFPE);
    } else if (strcmp(kind, "overflow-main") == 0) {
        overflow(NULL);
    } else if (strcmp(kind, "overflow-thread") == 0) {
        pthread_t thread;
        pthread_create(&thread, NULL, overflow, NULL);
        pthread_join(thread, NULL);
    }
    return 0;
}

#endif
