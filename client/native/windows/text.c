/* Texts: appended to bounded buffers, converted between UTF-8 and UTF-16. Only what says so allocates, and none of it runs on the crash path. */
#include "shim.h"

#define DECIMAL 10
#define MAX_DIGITS 20

/* Cuts at a character. */
void shim_append_bytes(char *text, size_t capacity, const char *more, size_t length)
{
    size_t used = strlen(text);
    size_t room = capacity - 1 - used;
    if (length > room) {
        length = room;
        while (length > 0 && ((uint8_t)more[length] & 0xC0) == 0x80) {
            length--;
        }
    }
    memcpy(text + used, more, length);
    text[used + length] = '\0';
}

void shim_append(char *text, size_t capacity, const char *more)
{
    shim_append_bytes(text, capacity, more, strlen(more));
}

void shim_append_number(char *text, size_t capacity, uint64_t number)
{
    char digits[MAX_DIGITS + 1];
    char *digit = digits + MAX_DIGITS;
    *digit = '\0';
    do {
        *--digit = (char)('0' + number % DECIMAL);
        number /= DECIMAL;
    } while (number > 0);
    shim_append(text, capacity, digit);
}

void *shim_allocate(size_t bytes)
{
    return HeapAlloc(GetProcessHeap(), HEAP_ZERO_MEMORY, bytes);
}

void shim_free(void *memory)
{
    if (memory != NULL) {
        HeapFree(GetProcessHeap(), 0, memory);
    }
}

WCHAR *shim_wide(const char *text)
{
    int length = MultiByteToWideChar(CP_UTF8, 0, text, -1, NULL, 0);
    WCHAR *wide = length > 0 ? shim_allocate((size_t)length * sizeof *wide) : NULL;
    if (wide != NULL) {
        MultiByteToWideChar(CP_UTF8, 0, text, -1, wide, length);
    }
    return wide;
}
