using System.Globalization;
using System.Text.RegularExpressions;
using CrashHandler.Tests.EndToEnd;

namespace CrashHandler.Tests.Windows;

/// <summary>What the victim said of itself, and how it ended.</summary>
internal sealed partial record WindowsVictim
{
    /// <summary>Its whole output.</summary>
    public required string Output { get; init; }

    /// <summary>Its Windows pid.</summary>
    public required int ProcessId { get; init; }

    /// <summary>The thread that called <c>Start</c>, and dies unless its kind says otherwise.</summary>
    public required int ThreadId { get; init; }

    /// <summary>Pid and thread of its child of its own kind, as that one said them; null: it has none.</summary>
    public required (int ProcessId, int ThreadId)? Child { get; init; }

    /// <summary>Pid of the handler that it registered with.</summary>
    public required int HandlerId { get; init; }

    /// <summary>What stood in its CRASH_HANDLER_PIPE.</summary>
    public required string Pipe { get; init; }

    /// <summary>What of <c>Start</c> was not in place.</summary>
    public required IReadOnlyList<string> Problems { get; init; }

    /// <summary>Of its exit code the low byte: more Wine does not pass on.</summary>
    public required int ExitByte { get; init; }

    /// <summary>Reads what it said.</summary>
    public static WindowsVictim Of(ProcessResult result)
    {
        Match running = RunningLine().Match(result.Output), identity = IdentityLine().Match(result.Output);
        return running.Success && identity.Success
            ? new WindowsVictim
            {
                Output = result.Output,
                ProcessId = Number(identity, "pid"),
                ThreadId = Number(identity, "tid"),
                Child = identity.NextMatch() is { Success: true } child ? (Number(child, "pid"), Number(child, "tid")) : null,
                HandlerId = Number(running, "handler"),
                Pipe = identity.Groups["pipe"].Value,
                Problems = [.. ProblemLine().Matches(result.Output).Select(match => match.Groups["text"].Value)],
                ExitByte = result.ExitCode,
            }
            : throw new InvalidOperationException($"the victim did not start, exit code {result.ExitCode}: {result.Output}{result.Error}");
    }

    private static int Number(Match match, string group) => int.Parse(match.Groups[group].Value, CultureInfo.InvariantCulture);

    [GeneratedRegex(@"^running True handler (?<handler>\d+) hooks", RegexOptions.Multiline)]
    private static partial Regex RunningLine();

    [GeneratedRegex(@"^pid (?<pid>\d+) tid (?<tid>\d+) pipe (?<pipe>\S+)", RegexOptions.Multiline)]
    private static partial Regex IdentityLine();

    [GeneratedRegex(@"^problem (?<text>.*?)\r?$", RegexOptions.Multiline)]
    private static partial Regex ProblemLine();
}
