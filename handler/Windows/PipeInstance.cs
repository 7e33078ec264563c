namespace CrashHandler.Handler.Posix;

/// <summary>One server's end of a pipe that waits for its client, or has it.</summary>
internal sealed unsafe class PipeInstance : IDisposable
{
    private readonly FileDescriptor _pipe;
    private readonly OverlappedCall _connect;

    private PipeInstance(FileDescriptor pipe, FileDescriptor signal)
    {
        _pipe = pipe;
        _connect = new OverlappedCall(pipe, signal, bufferBytes: 0);
        _connect.Connect();
    }

    /// <summary>Whether a client has come, or its coming failed.</summary>
    public bool IsOver => _connect.IsOver;

    /// <summary>Makes one: only this user may open it, and from this machine.</summary>
    /// <param name="name">The pipe's.</param>
    /// <param name="signal">Signalled when a client comes.</param>
    /// <param name="isFirst">Whether nobody else may have a pipe of this name.</param>
    /// <exception cref="SyscallException">EACCES: the name is taken, by whoever.</exception>
    public static PipeInstance Create(string name, FileDescriptor signal, bool isFirst)
    {
        nint descriptor;
        // Written out, protected, and of no other user: what a process's token would give by default may be wider.
        if (PipeCalls.ConvertStringSecurityDescriptorToSecurityDescriptorW($"D:P(A;;GA;;;{ProcessToken.Own})", PipeCalls.SDDL_REVISION_1, &descriptor, null) == 0)
        {
            throw PipeCalls.LastFailure("ConvertStringSecurityDescriptorToSecurityDescriptor");
        }

        try
        {
            PipeCalls.SecurityAttributes security = new() { Length = (uint)sizeof(PipeCalls.SecurityAttributes), Descriptor = descriptor };
            nint pipe = PipeCalls.CreateNamedPipeW(
                name, PipeCalls.PIPE_ACCESS_DUPLEX | PipeCalls.FILE_FLAG_OVERLAPPED | (isFirst ? PipeCalls.FILE_FLAG_FIRST_PIPE_INSTANCE : 0),
                PipeCalls.PIPE_TYPE_MESSAGE | PipeCalls.PIPE_READMODE_MESSAGE | PipeCalls.PIPE_REJECT_REMOTE_CLIENTS,
                PipeCalls.PIPE_UNLIMITED_INSTANCES, PipeLimits.OutBytes, PipeLimits.InBytes, 0, &security);
            FileDescriptor owned = pipe != PipeCalls.InvalidHandle ? new FileDescriptor((int)pipe) : throw PipeCalls.LastFailure("CreateNamedPipe", name);
            if (isFirst && !IsOnly(owned))
            {
                owned.Dispose();
                throw PipeCalls.Failure("CreateNamedPipe", PipeCalls.ERROR_ACCESS_DENIED, name);
            }

            return new PipeInstance(owned, signal);
        }
        finally
        {
            _ = PipeCalls.LocalFree(descriptor);
        }
    }

    // Systems that do not know FILE_FLAG_FIRST_PIPE_INSTANCE pass it over (Wine 8).
    private static bool IsOnly(FileDescriptor pipe)
    {
        uint instances;
        return PipeCalls.GetNamedPipeHandleStateW(pipe.Number, null, &instances, null, null, null, 0) == 0 || instances == 1;
    }

    /// <summary>Gives the pipe away, with its client; to be called when <see cref="IsOver"/>.</summary>
    /// <returns>Null: the client is gone already.</returns>
    public FileDescriptor? Take()
    {
        int error = _connect.Result(out _);
        _connect.Dispose();
        if (error is 0 or PipeCalls.ERROR_PIPE_CONNECTED)
        {
            return _pipe;
        }

        _pipe.Dispose();
        return null;
    }

    public void Dispose()
    {
        _connect.Dispose();
        _pipe.Dispose();
    }
}
