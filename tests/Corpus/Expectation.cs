namespace CrashHandler.Tests.Corpus;

/// <summary>What every reader must find in a dump.</summary>
/// <param name="Reason">What Breakpad calls the crash; null: there was none.</param>
/// <param name="Signal">The signal's name, which <c>lldb</c> gives as the reason of the stop; null: there was none.</param>
/// <param name="Threads">Number of threads.</param>
internal sealed record Expectation(string? Reason, string? Signal, int Threads)
{
    /// <summary>The address, as Breakpad writes it; null: it differs from run to run.</summary>
    public string? Address { get; init; }

    /// <summary>Ends of the paths of modules that must be there.</summary>
    public string[] Modules { get; init; } = [];

    /// <summary>Complaints of Breakpad that this dump's case cannot but make, as regular expressions. Each has its reason where it is given.</summary>
    public string[] Excused { get; init; } = [];
}
