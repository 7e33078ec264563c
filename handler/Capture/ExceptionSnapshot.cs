namespace CrashHandler.Handler.Capture;

/// <summary>The signal a process dies of.</summary>
internal sealed record ExceptionSnapshot
{
    /// <summary>Tid of the crashed thread, as the process sees it.</summary>
    public required int ThreadId { get; init; }

    /// <summary>Signal number.</summary>
    public required int Signal { get; init; }

    /// <summary><c>si_code</c>.</summary>
    public required int Code { get; init; }

    /// <summary><c>si_addr</c> where the signal has one, else 0.</summary>
    public required ulong Address { get; init; }

    /// <summary>Exception parameters as Crashpad fills them: at most 15.</summary>
    public IReadOnlyList<ulong> Parameters { get; init; } = [];

    /// <summary>Registers at the fault, not those of the signal handler.</summary>
    public required Amd64Registers Registers { get; init; }
}
