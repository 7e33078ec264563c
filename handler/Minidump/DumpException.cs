using CrashHandler.Handler.Stacks;

namespace CrashHandler.Handler.Minidump;

/// <summary>What the process died of.</summary>
internal sealed record DumpException
{
    public required uint ThreadId { get; init; }

    /// <summary>On Linux the signal.</summary>
    public required uint Code { get; init; }

    /// <summary>On Linux <c>si_code</c>.</summary>
    public required uint Flags { get; init; }

    public required ulong Address { get; init; }

    public required IReadOnlyList<ulong> Parameters { get; init; }

    /// <summary>In words, such as <c>SIGSEGV /SEGV_MAPERR</c>.</summary>
    public required string Reason { get; init; }

    /// <summary>Registers at the fault; null when there are none, or when they are of another CPU.</summary>
    public Amd64Context? Context { get; init; }
}
