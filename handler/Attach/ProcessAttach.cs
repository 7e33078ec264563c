using System.Diagnostics;
using CrashHandler.Handler.Daemon;
using CrashHandler.Handler.Exec;
using CrashHandler.Handler.Reports;
using CrashHandler.Protocol;

namespace CrashHandler.Handler.Attach;

/// <summary>Covers a .NET process that already runs: its runtime is asked to load the startup hook, which registers it with a handler.</summary>
internal static class ProcessAttach
{
    private const string ResultPrefix = "attach-";

    /// <summary>Attaches.</summary>
    /// <param name="target">The process.</param>
    /// <param name="database">Directory of the reports; null: <c>NAME Crashes</c> in the process's temporary directory.</param>
    /// <param name="url">Where reports are sent; null: nowhere, unless the process says.</param>
    /// <param name="covered">Pids that running handlers have already, with the handlers' databases.</param>
    /// <returns>Where the reports go, and what is degraded.</returns>
    /// <exception cref="AttachException">It cannot be attached.</exception>
    /// <exception cref="DaemonException">No handler can be had.</exception>
    public static AttachOutcome Run(AttachTarget target, string? database, Uri? url, IReadOnlyDictionary<int, string> covered)
    {
        if (covered.TryGetValue(target.ProcessId, out string? already))
        {
            throw new AttachException($"process {target.ProcessId} is attached already; its reports go to '{already}'");
        }

        string socket = RequireDiagnostics(target);
        string hook = RequireHook(target);
        target.WaitForStart();
        ReportDatabase created = ReportDatabase.Create(Path.GetFullPath(database ?? Path.Combine(target.TempDirectory, $"{target.Name} Crashes")));
        string address = ShimLibrary.Launch(ShimLibrary.FindPath(), created.Path, url, []);
        string result = Path.Combine(AttachTarget.ResultDirectory(address), $"{ResultPrefix}{target.ProcessId}-{Guid.NewGuid():N}");
        File.WriteAllText(result, "");
        try
        {
            using DiagnosticsPort port = DiagnosticsPort.Connect(target.ProcessId, socket);
            port.SetEnvironmentVariable(EnvironmentNames.Pipe, address);
            port.SetEnvironmentVariable(EnvironmentNames.Path, Executables.Resident);
            port.SetEnvironmentVariable(EnvironmentNames.AttachResult, result);
            port.ApplyStartupHook(hook);
            return new AttachOutcome(created.Path, WaitForResult(target, result));
        }
        finally
        {
            File.Delete(result);
        }
    }

    private static string RequireDiagnostics(AttachTarget target)
    {
        int pid = target.ProcessId;
        return (target.Runtime(), target.DiagnosticsSocket()) switch
        {
            (TargetRuntime.None, _) => throw AttachException.ForGood($"process {pid} ('{target.Executable}') is not a .NET process; {AttachAdvice.NoRuntime}"),
            (TargetRuntime.NativeAot, _) => throw AttachException.ForGood(
                $"process {pid} ('{target.Executable}') is compiled ahead of time (NativeAOT), and nothing can be loaded into it; {AttachAdvice.NativeAot}"),
            (_, null) => throw AttachException.ForGood($"process {pid} has no diagnostics port{AttachAdvice.NoPort(target)}; restart it under 'crash-handler exec'"),
            (_, string socket) => socket,
        };
    }

    private static string RequireHook(AttachTarget target)
    {
        string hook = HookLibrary.Path;
        if (!File.Exists(hook))
        {
            throw new AttachException($"'{hook}' is missing; it ships beside crash-handler");
        }

        return target.Sees(hook) ? hook
            : throw AttachException.ForGood($"process {target.ProcessId} sees another file system, without '{hook}'; run crash-handler inside its container");
    }

    /// <returns>What is degraded, or nothing.</returns>
    private static string WaitForResult(AttachTarget target, string result)
    {
        for (long start = Stopwatch.GetTimestamp(); Stopwatch.GetElapsedTime(start) < AttachLimits.Answer; Thread.Sleep(AttachLimits.Look))
        {
            string text = File.Exists(result) ? File.ReadAllText(result) : "";
            if (text.EndsWith('\n'))
            {
                string line = text.TrimEnd('\n');
                return !line.StartsWith(AttachResults.Failed, StringComparison.Ordinal) ? line
                    : throw new AttachException($"process {target.ProcessId} could not register: {line[AttachResults.Failed.Length..]}");
            }
        }

        throw new AttachException($"process {target.ProcessId} loaded '{HookLibrary.FileName}' and did not say how it went: look at 'crash-handler status'; one that waits for a debugger loads it when it is let go") { IsFinal = true };
    }
}
