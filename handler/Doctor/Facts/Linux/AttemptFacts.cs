namespace CrashHandler.Handler.Doctor.Facts;

// What is tried on Linux.
internal sealed partial record AttemptFacts
{
    public const string Ptrace = "ptrace", ProcessVmReadv = "process_vm_readv", Memory = "open of /proc/PID/mem", PidfdOpen = "pidfd_open",
        PidfdGetfd = "pidfd_getfd", MemfdCreate = "memfd_create";
}
