/* The four functions of the C library that the compiler and the others call: none of a C runtime's, so that the crash path meets no state of one. */
#include "shim.h"

void *memcpy(void *restrict target, const void *restrict source, size_t length)
{
    void *result = target;
    __asm__ volatile("rep movsb" : "+D"(target), "+S"(source), "+c"(length) : : "memory");
    return result;
}

void *memset(void *target, int value, size_t length)
{
    void *result = target;
    __asm__ volatile("rep stosb" : "+D"(target), "+c"(length) : "a"(value) : "memory");
    return result;
}

size_t strlen(const char *text)
{
    const char *end = text;
    for (; *end != '\0'; end++) {
        __asm__ volatile(""); /* or the compiler makes a call of strlen of it */
    }
    return (size_t)(end - text);
}

int strcmp(const char *left, const char *right)
{
    for (; *left != '\0' && *left == *right; left++, right++) {
    }
    return (int)(uint8_t)*left - (int)(uint8_t)*right;
}
