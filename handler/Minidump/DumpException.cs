using CrashHandler.Handler.Stacks;

namespace CrashHandler.Handler.Minidump;

/// <summary>What the process died of.</summary>
internal sealed record DumpException
{
    public required uint ThreadId { get; init; }

    /// <summary>On Linux the signal, on Windows the exception's code.</summary>
    public required uint Code { get; init; }

    /// <summary>On Linux <c>si_code</c>.</summary>
    public required uint Flags { get; init; }

    /// <summary>Where it went wrong: on Linux <c>si_addr</c>, on Windows <see cref="ExceptionCodes.AddressOf"/>.</summary>
    public required ulong Address { get; init; }

    public required IReadOnlyList<ulong> Parameters { get; init; }

    /// <summary>In words, such as <c>SIGSEGV /SEGV_MAPERR</c> or <c>EXCEPTION_ACCESS_VIOLATION_READ</c>.</summary>
    public required string Reason { get; init; }

    /// <summary>Registers at the fault; null when there are none, or when they are of another CPU.</summary>
    public Amd64Context? Context { get; init; }
}
