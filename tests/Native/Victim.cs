using System.Diagnostics;
using Xunit;

namespace CrashHandler.Tests.Native;

/// <summary>Runs a victim to its end.</summary>
internal static class Victim
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(120);

    /// <summary>Without the shim.</summary>
    public static VictimResult Run(string program, string arguments) => Wait(Start(program, arguments, []));

    /// <summary>Under LD_PRELOAD.</summary>
    public static VictimResult RunStage1(string program, string arguments, string address, string? library = null)
        => Wait(StartStage1(program, arguments, address, library: library));

    /// <summary>Started, under LD_PRELOAD.</summary>
    public static Process StartStage1(string program, string arguments, string address, string? handler = null, string? library = null) => Start(program, arguments, new()
    {
        ["LD_PRELOAD"] = library ?? NativeBuild.Library,
        ["CRASH_HANDLER_PIPE"] = address,
        ["CRASH_HANDLER_PATH"] = handler ?? "",
    });

    /// <summary>The .NET victim, which installs the shim itself.</summary>
    public static VictimResult RunStage2(string program, string arguments, string address) =>
        Wait(Start(program, arguments, new() { ["SHIM_STAGE2"] = address }));

    /// <summary>Waits for its end and reads what it wrote.</summary>
    public static VictimResult Wait(Process process)
    {
        using (process)
        {
            Stopwatch watch = Stopwatch.StartNew();
            Task<string> output = process.StandardOutput.ReadToEndAsync();
            Task<string> errors = process.StandardError.ReadToEndAsync();
            if (!process.WaitForExit(Limit))
            {
                process.Kill();
                Assert.Fail($"{process.StartInfo.FileName} {process.StartInfo.Arguments} did not end within {Limit}: {output.Result}{errors.Result}");
            }

            process.WaitForExit();
            return new VictimResult(process.ExitCode, output.Result, errors.Result, watch.Elapsed);
        }
    }

    private static Process Start(string program, string arguments, Dictionary<string, string> environment)
    {
        ProcessStartInfo start = new(program, arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = Path.GetDirectoryName(program)!,
        };
        start.Environment["SHIM_LIBRARY"] = NativeBuild.Library;
        start.Environment.Remove("CRASH_HANDLER_PIPE");
        foreach ((string name, string value) in environment)
        {
            start.Environment[name] = value;
        }

        return Process.Start(start)!;
    }
}
