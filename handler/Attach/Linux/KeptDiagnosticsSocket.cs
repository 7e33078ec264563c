using CrashHandler.Handler.Posix;

namespace CrashHandler.Handler.Attach;

/// <summary>
/// A second name of a process's diagnostics port, beside the first. The runtime removes the first one before it aborts, and goes on listening: by the second
/// name it can still be asked for a dump (measured with .NET 8 to 10), once.
/// </summary>
internal sealed class KeptDiagnosticsSocket : IDisposable
{
    private readonly string _path;

    private KeptDiagnosticsSocket(string path) => _path = path;

    /// <summary>Makes it, unless an earlier handler did.</summary>
    /// <exception cref="AttachException">The process cannot be looked at, or has no port.</exception>
    /// <exception cref="SyscallException">It cannot be made.</exception>
    public static KeptDiagnosticsSocket Keep(int processId)
    {
        AttachTarget target = new(processId);
        string socket = target.DiagnosticsSocket() ?? throw new AttachException($"process {processId} has no diagnostics port in '{target.TempDirectory}'");
        string kept = Path.Combine(Path.GetDirectoryName(socket)!, target.KeptDiagnosticsSocketName);
        if (Libc.link(socket, kept) != 0 && SyscallException.Last("link", kept) is { Errno: not Libc.EEXIST } failure)
        {
            throw failure;
        }

        return new KeptDiagnosticsSocket(kept);
    }

    public void Dispose()
    {
        // Gone already, or in a directory that is: either way nothing of it is left.
        _ = Libc.unlink(_path);
    }
}
