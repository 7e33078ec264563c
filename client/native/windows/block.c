/* The registration block: a section of the paging file, which the handler may still read when this process is gone. */
#include "shim.h"

static HANDLE block_section;
static void *block_memory;

static void write_header(struct ch_block_header *header)
{
    header->magic = CH_BLOCK_MAGIC;
    header->version = CH_PROTOCOL_VERSION;
    header->header_size = CH_BLOCK_HEADER_BYTES;
    header->capacity = CH_BLOCK_CAPACITY;
}

HANDLE shim_block_handle(void)
{
    return block_section;
}

/* Makes the block if there is none. Its pages are made when they are written, but all of them count as committed. */
struct shim_error shim_block(void **memory, HANDLE *section)
{
    if (block_memory == NULL) {
        HANDLE made = CreateFileMappingW(INVALID_HANDLE_VALUE, NULL, PAGE_READWRITE, 0, CH_BLOCK_BYTES, NULL);
        if (made == NULL) {
            return shim_last_error("CreateFileMappingW");
        }
        void *view = MapViewOfFile(made, FILE_MAP_READ | FILE_MAP_WRITE, 0, 0, CH_BLOCK_BYTES);
        if (view == NULL) {
            struct shim_error error = shim_last_error("MapViewOfFile");
            CloseHandle(made);
            return error;
        }
        write_header(view);
        block_memory = view;
        block_section = made;
    }
    *memory = block_memory;
    *section = block_section;
    return SHIM_DONE;
}
