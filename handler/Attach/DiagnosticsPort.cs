using CrashHandler.Handler.Posix;
using Microsoft.Diagnostics.NETCore.Client;

namespace CrashHandler.Handler.Attach;

/// <summary>The diagnostics port of a .NET process, and the three commands that are needed of it. A thread of the process answers, so every one has a deadline.</summary>
internal sealed partial class DiagnosticsPort : IDisposable
{
    private readonly int _processId;
    private readonly FileDescriptor? _directory;
    private readonly DiagnosticsClient _client;

    private DiagnosticsPort(int processId, FileDescriptor? directory, DiagnosticsClient client)
    {
        _processId = processId;
        _directory = directory;
        _client = client;
    }

    /// <summary>Sets a variable in its environment.</summary>
    /// <exception cref="AttachException">It does not, or cannot.</exception>
    public void SetEnvironmentVariable(string name, string value) => Ask(() => _client.SetEnvironmentVariable(name, value));

    /// <summary>Has it load a startup hook.</summary>
    /// <exception cref="AttachException">It does not, or cannot.</exception>
    public void ApplyStartupHook(string path) => Ask(() => _client.ApplyStartupHook(path));

    /// <summary>Has it write a core file. Its createdump does: the path is as the process sees it.</summary>
    /// <returns>Completes when it is written; fails as the runtime says. It has no deadline: the caller's is what counts.</returns>
    public Task WriteDump(DumpType type, string path)
        // createdump puts the pid and the like in place of %p and its like.
        => Task.Run(() => _client.WriteDump(type, path.Replace("%", "%%", StringComparison.Ordinal), logDumpGeneration: false));

    public void Dispose() => _directory?.Dispose();

    /// <param name="processId">The process.</param>
    /// <param name="shown">What people know its port by.</param>
    /// <param name="path">What the library does.</param>
    /// <param name="directory">What the path leads through; null: nothing.</param>
    private static DiagnosticsPort Connect(int processId, string shown, string path, FileDescriptor? directory)
    {
        using CancellationTokenSource deadline = new(AttachLimits.Answer);
        try
        {
            // The connector stands for one process and need not be disposed of before this one ends.
            return new DiagnosticsPort(processId, directory, DiagnosticsClientConnector.FromDiagnosticPort($"{path},connect", deadline.Token).GetAwaiter().GetResult().Instance);
        }
        catch (Exception refused) when (refused is ServerNotAvailableException or TimeoutException or OperationCanceledException or IOException)
        {
            directory?.Dispose();
            throw new AttachException($"process {processId} does not answer on its diagnostics port '{shown}': {refused.Message}", refused);
        }
    }

    private void Ask(Action command)
    {
        try
        {
            if (!Task.Run(command).Wait(AttachLimits.Answer))
            {
                throw new AttachException($"process {_processId} does not answer on its diagnostics port within {AttachLimits.Answer.TotalSeconds} s; is it stopped?") { IsFinal = true };
            }
        }
        catch (AggregateException failed) when (failed.InnerException is UnsupportedCommandException unsupported)
        {
            throw AttachException.ForGood($"the runtime of process {_processId} is older than .NET 8, which is the first that can be attached; {AttachAdvice.TooOld}", unsupported);
        }
        catch (AggregateException failed) when (failed.InnerException is { } problem)
        {
            throw new AttachException($"the runtime of process {_processId} refused: {problem.Message}", problem);
        }
    }
}
