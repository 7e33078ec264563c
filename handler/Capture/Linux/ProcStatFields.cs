namespace CrashHandler.Handler.Capture.Linux;

/// <summary>What is needed of /proc/PID/stat.</summary>
/// <param name="State">Field 3: R, S, D, T, t, Z, X and so on.</param>
/// <param name="UserTicks">Field 14, clock ticks in user mode.</param>
/// <param name="KernelTicks">Field 15, clock ticks in the kernel.</param>
/// <param name="StartTime">Field 22, clock ticks from boot to start.</param>
/// <param name="EnvironmentStart">Field 50: where the environment of a process begins, above its first thread's stack; 0: who asks may not know.</param>
/// <param name="Flags">Field 9: the kernel's <c>PF_</c> flags.</param>
/// <param name="ExitStatus">Field 52: of a dead process its status as wait(2) has it; 0, too, where who asks may not know.</param>
internal readonly record struct ProcStatFields(char State, ulong UserTicks, ulong KernelTicks, ulong StartTime, ulong EnvironmentStart, uint Flags = 0, int ExitStatus = 0)
{
    // include/linux/sched.h
    private const uint PF_EXITING = 0x4;

    /// <summary>It is on its way out, and will do nothing more of its own.</summary>
    public bool IsExiting => (Flags & PF_EXITING) != 0 || IsDead;

    /// <summary>It has exited: there is nothing left but its entry.</summary>
    public bool IsDead => State is 'Z' or 'X' or 'x';
}
