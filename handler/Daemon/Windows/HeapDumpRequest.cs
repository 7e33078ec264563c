using CrashHandler.Handler.Posix;
using Microsoft.Diagnostics.NETCore.Client;

namespace CrashHandler.Handler.Daemon;

/// <summary>A runtime that is asked for a heap dump: it writes a minidump with its heap itself.</summary>
internal sealed class HeapDumpRequest : IDisposable
{
    private readonly int _processId;
    private readonly CancellationTokenSource _enough = new();

    private HeapDumpRequest(int processId) => _processId = processId;

    /// <summary>To a process's runtime.</summary>
    public static HeapDumpRequest To(int processId) => new(processId);

    /// <summary>Whether it is a failure of these calls alone: none is.</summary>
    public static bool IsRefusal(Exception failure) => false;

    /// <summary>What the process has in memory.</summary>
    /// <exception cref="SyscallException">That is not said.</exception>
    public long ResidentBytes()
    {
        using FileDescriptor process = ProcessFacts.Open(_processId);
        return (long)ProcessFacts.Memory(process).WorkingSet;
    }

    /// <summary>Asks.</summary>
    /// <returns>Completes when it is written; fails as the runtime says.</returns>
    public Task Begin(DumpType type, string path) => new DiagnosticsClient(_processId).WriteDumpAsync(type, path, logDumpGeneration: false, _enough.Token);

    /// <summary>Waits no longer; nobody can end what the runtime does.</summary>
    /// <returns>Nothing more is to be said.</returns>
    public string GiveUp()
    {
        _enough.Cancel();
        return "";
    }

    /// <summary>Looks whether it is there.</summary>
    /// <exception cref="InvalidDataException">It is not, whatever the runtime said.</exception>
    public static void RequireDump(string path)
    {
        if (!File.Exists(path))
        {
            throw new InvalidDataException("the runtime says that it made it, and there is none");
        }
    }

    public void Dispose() => _enough.Dispose();
}
