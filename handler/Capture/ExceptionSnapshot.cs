using CrashHandler.Handler.Stacks;

namespace CrashHandler.Handler.Capture;

/// <summary>The signal a process dies of, or its wish for a dump.</summary>
internal sealed record ExceptionSnapshot
{
    /// <summary><see cref="Signal"/> of a process that asked for a dump and lives on: Crashpad's <c>kSimulatedSigno</c>.</summary>
    public const int DumpRequested = -1;

    /// <summary>Tid of the crashed thread, or of the one that asked, as the process sees it.</summary>
    public required int ThreadId { get; init; }

    /// <summary>Signal number, or <see cref="DumpRequested"/>.</summary>
    public required int Signal { get; init; }

    /// <summary><c>si_code</c>.</summary>
    public required int Code { get; init; }

    /// <summary><c>si_addr</c> where the signal has one, else 0; the instruction at which a thread asked.</summary>
    public required ulong Address { get; init; }

    /// <summary>Exception parameters as Crashpad fills them: at most 15.</summary>
    public IReadOnlyList<ulong> Parameters { get; init; } = [];

    /// <summary>Registers at the fault, not those of the signal handler; of the thread that asked.</summary>
    public required Amd64Registers Registers { get; init; }
}
