/* refuse_calls CALL[,CALL] PROGRAM [ARGUMENT...]: becomes a program to which the kernel refuses these system calls (ptrace, process_vm_readv) with EPERM; after kill:, it is killed for them. */
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

int main(int count, char **arguments)
{
    if (count < 3) {
        return 2;
    }
    unsigned first = strstr(arguments[1], "ptrace") ? SYS_ptrace : SYS_process_vm_readv;
    unsigned second = strstr(arguments[1], "process_vm_readv") ? SYS_process_vm_readv : SYS_ptrace;
    unsigned answer = strncmp(arguments[1], "kill:", 5) == 0 ? SECCOMP_RET_KILL_PROCESS : SECCOMP_RET_ERRNO | EPERM;
    struct sock_filter filter[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, first, 1, 0),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, second, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, answer),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    struct sock_fprog program = { sizeof filter / sizeof *filter, filter };
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 || prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program, 0, 0) != 0) {
        perror("seccomp");
        return 1;
    }
    execv(arguments[2], arguments + 2);
    perror(arguments[2]);
    return 127;
}
