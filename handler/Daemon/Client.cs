using CrashHandler.Handler.Posix;
using CrashHandler.Protocol;

namespace CrashHandler.Handler.Daemon;

/// <summary>One process that is connected, with what it registered. Lives on the event loop's thread.</summary>
internal sealed class Client(ClientIdentity identity, FileDescriptor? pidFd, DateTimeOffset since, LastKnown lastKnown) : IDisposable
{
    /// <summary>Who it is.</summary>
    public ClientIdentity Identity { get; } = identity;

    /// <summary>Readable when the process is dead; null when it already was.</summary>
    public FileDescriptor? PidFd { get; } = pidFd;

    /// <summary>When it connected.</summary>
    public DateTimeOffset Since { get; } = since;

    /// <summary>Who it runs as, if not as this handler's user; null: as that one.</summary>
    public Libc.UCred? Guest { get; init; }

    /// <summary>What is known of its process.</summary>
    public LastKnown LastKnown { get; } = lastKnown;

    /// <summary>Its open connections.</summary>
    public HashSet<ClientConnection> Connections { get; } = [];

    /// <summary>What its shim has in place.</summary>
    public Hooks Hooks { get; set; }

    /// <summary>What a .NET process should have in place and has not, as it registered.</summary>
    public Hooks Missing { get; set; }

    /// <summary>Its registration block; null as long as it has not called <c>Start</c>.</summary>
    public RegistrationReader? Registration { get; set; }

    /// <summary>By what it is asked for a heap dump when it dies; null: it wants none.</summary>
    public IDisposable? DiagnosticsSocket { get; set; }

    public void Dispose()
    {
        DiagnosticsSocket?.Dispose();
        PidFd?.Dispose();
        Registration?.Dispose();
    }
}
