namespace CrashHandler.Handler.Doctor.Facts;

/// <summary>What this process may do.</summary>
/// <param name="User">Its effective user.</param>
/// <param name="Effective">Capabilities that it has (capabilities(7)), a bit each.</param>
/// <param name="Bounding">Those that it, or a program it runs, could have.</param>
/// <param name="IsOwnUserNamespace">It is in a user namespace that is not the machine's first: its capabilities hold only there.</param>
internal sealed record CapabilityFacts(uint User, ulong Effective, ulong Bounding, bool IsOwnUserNamespace)
{
    private const int CAP_SYS_PTRACE = 19;

    // As whom a user namespace shows whom it does not know (user_namespaces(7), kernel.overflowuid).
    private const uint Overflow = 65534;

    /// <summary>Whether it has CAP_SYS_PTRACE.</summary>
    public bool CanTraceAll => (Effective >> CAP_SYS_PTRACE & 1) != 0;

    /// <summary>Whether it, or root after it, could have it.</summary>
    public bool CouldTraceAll => (Bounding >> CAP_SYS_PTRACE & 1) != 0;

    /// <summary>A user in words, as this process sees it.</summary>
    public string Describe(uint user) => IsOwnUserNamespace && user == Overflow && user != User ? "a user whom this user namespace does not know" : $"user {user}";
}
