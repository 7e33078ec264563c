namespace CrashHandler.Handler.Capture.Linux;

/// <summary>What is needed of /proc/PID/stat.</summary>
/// <param name="State">Field 3: R, S, D, T, t, Z, X and so on.</param>
/// <param name="UserTicks">Field 14, clock ticks in user mode.</param>
/// <param name="KernelTicks">Field 15, clock ticks in the kernel.</param>
/// <param name="StartTime">Field 22, clock ticks from boot to start.</param>
/// <param name="EnvironmentStart">Field 50: where the environment of a process begins, above its first thread's stack; 0: who asks may not know.</param>
internal readonly record struct ProcStatFields(char State, ulong UserTicks, ulong KernelTicks, ulong StartTime, ulong EnvironmentStart)
{
    /// <summary>It has exited: there is nothing left but its entry.</summary>
    public bool IsDead => State is 'Z' or 'X' or 'x';
}
