// What a victim dies of in native code.
#include <stdlib.h>

// Stores to the address in rdi. In assembler, so that victim_fault_end is surely the first byte after it.
__asm__(".text\n"
        ".globl victim_fault\n"
        ".type victim_fault, @function\n"
        "victim_fault:\n"
        "    .cfi_startproc\n"
        "    pushq %rbp\n"
        "    .cfi_def_cfa_offset 16\n"
        "    .cfi_offset %rbp, -16\n"
        "    movq %rsp, %rbp\n"
        "    .cfi_def_cfa_register %rbp\n"
        "    movl $1, (%rdi)\n"
        "    popq %rbp\n"
        "    .cfi_def_cfa %rsp, 8\n"
        "    ret\n"
        "    .cfi_endproc\n"
        ".size victim_fault, . - victim_fault\n"
        ".globl victim_fault_end\n"
        "victim_fault_end:\n");

void victim_abort(void);

void victim_abort(void)
{
    abort();
}
