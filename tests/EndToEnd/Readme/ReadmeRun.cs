namespace CrashHandler.Tests.EndToEnd.Readme;

/// <summary>One way to run a command of README.md.</summary>
/// <param name="Words">
/// What is typed, without <c>crash-handler</c>. <c>{database}</c> is one with a crash in it (the only one there is), <c>{id}</c> that report's, <c>{dump}</c> its minidump, <c>{new}</c> a directory
/// that is not there yet, <c>{out}</c> and <c>{pipe}</c> files that are not, <c>{pid}</c> a .NET process that waits, <c>{url}</c> a crash server.
/// </param>
internal sealed record ReadmeRun(string Words)
{
    /// <summary>What a line of its output must have.</summary>
    public string Says { get; init; } = "";

    /// <summary>What its one line on standard error has; null: there is none.</summary>
    public string? Complains { get; init; }

    /// <summary>A file that must be there then.</summary>
    public string? Makes { get; init; }

    /// <summary>What ends it, once it has said or made that; null: it ends by itself.</summary>
    public string? Signal { get; init; }

    /// <summary>It is a line of bash, which finds <c>crash-handler</c> in its PATH.</summary>
    public bool IsShell { get; init; }

    /// <summary>Exit codes that are right; several, where the machine decides.</summary>
    public int[] ExitCodes { get; init; } = [0];

    /// <summary>Whether it finds the database by itself: the only one that the user has.</summary>
    public bool LooksForDatabase => Words.Split(' ')[0] is "status" or "reports" or "uploads" or "log" && !Words.Contains("--database", StringComparison.Ordinal);

    /// <summary>Whether a .NET process must be waiting.</summary>
    public bool NeedsProcess => Words.Contains("{pid}", StringComparison.Ordinal) || Words.StartsWith("attach", StringComparison.Ordinal);
}
