using System.Text.Json;
using CrashHandler.Tests.EndToEnd;
using Xunit;

namespace CrashHandler.Tests.Corpus;

/// <summary>Makes the corpus: a real process, the handler that ships, its dump.</summary>
internal static class CorpusDump
{
    // victim.c: CANNOT_BE_HAD.
    private const int CannotBeHad = 2;

    // Of a process that a signal ended.
    private const int BySignal = 128;

    /// <summary>Runs a program under <c>crash-handler exec</c> until it has crashed; returns the path of the dump.</summary>
    public static string OfCrash(Sandbox sandbox, string program, params string[] arguments)
    {
        ProcessResult result = sandbox.Handler(["exec", "--database", sandbox.Database, "--", program, .. arguments]);
        Assert.SkipWhen(result.ExitCode == CannotBeHad, $"this machine refuses what the victim needs: {result.Error.Trim()}");
        Assert.True(result.ExitCode > BySignal, $"{program} {string.Join(' ', arguments)} exited with {result.ExitCode}: {result.Error}");
        return PathOf(sandbox.SingleReport());
    }

    /// <summary>Path of a report's dump.</summary>
    public static string PathOf(JsonElement report) => report.GetProperty("dump").GetString()!;
}
