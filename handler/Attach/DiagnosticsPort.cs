using Microsoft.Diagnostics.NETCore.Client;

namespace CrashHandler.Handler.Attach;

/// <summary>The diagnostics port of a .NET process, and the three commands that are needed of it. A thread of the process answers, so every one has a deadline.</summary>
internal sealed class DiagnosticsPort(int processId, DiagnosticsClient client)
{
    /// <summary>Connects.</summary>
    /// <exception cref="AttachException">Nobody answers there.</exception>
    public static DiagnosticsPort Connect(int processId, string socket)
    {
        using CancellationTokenSource deadline = new(AttachLimits.Answer);
        try
        {
            // The connector stands for one process and need not be disposed of before this one ends.
            return new DiagnosticsPort(processId, DiagnosticsClientConnector.FromDiagnosticPort($"{socket},connect", deadline.Token).GetAwaiter().GetResult().Instance);
        }
        catch (Exception refused) when (refused is ServerNotAvailableException or TimeoutException or OperationCanceledException or IOException)
        {
            throw new AttachException($"process {processId} does not answer on its diagnostics port '{socket}': {refused.Message}", refused);
        }
    }

    /// <summary>Sets a variable in its environment.</summary>
    /// <exception cref="AttachException">It does not, or cannot.</exception>
    public void SetEnvironmentVariable(string name, string value) => Ask(() => client.SetEnvironmentVariable(name, value));

    /// <summary>Has it load a startup hook.</summary>
    /// <exception cref="AttachException">It does not, or cannot.</exception>
    public void ApplyStartupHook(string path) => Ask(() => client.ApplyStartupHook(path));

    /// <summary>Has it write a core file. Its createdump does: the path is as the process sees it.</summary>
    /// <returns>Completes when it is written; fails as the runtime says. It has no deadline: the caller's is what counts.</returns>
    public Task WriteDump(DumpType type, string path)
        // createdump puts the pid and the like in place of %p and its like.
        => Task.Run(() => client.WriteDump(type, path.Replace("%", "%%", StringComparison.Ordinal), logDumpGeneration: false));

    private void Ask(Action command)
    {
        try
        {
            if (!Task.Run(command).Wait(AttachLimits.Answer))
            {
                throw new AttachException($"process {processId} does not answer on its diagnostics port within {AttachLimits.Answer.TotalSeconds} s; is it stopped?");
            }
        }
        catch (AggregateException failed) when (failed.InnerException is UnsupportedCommandException unsupported)
        {
            throw new AttachException($"the runtime of process {processId} is older than .NET 8, which is the first that can be attached; use 'crash-handler exec' or CrashReporter.Start", unsupported) { IsForGood = true };
        }
        catch (AggregateException failed) when (failed.InnerException is { } problem)
        {
            throw new AttachException($"the runtime of process {processId} refused: {problem.Message}", problem);
        }
    }
}
