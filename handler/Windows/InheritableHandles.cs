namespace CrashHandler.Handler.Posix;

/// <summary>Handles that a process may be started with (<see cref="NewProcess.Inherited"/>).</summary>
internal static unsafe class InheritableHandles
{
    /// <summary>An event that stays signalled.</summary>
    /// <exception cref="SyscallException">There is no room for it.</exception>
    public static FileDescriptor Event()
    {
        PipeCalls.SecurityAttributes inheritable = Attributes();
        return PipeCalls.CreateEventW(&inheritable, 1, 0, 0) is not 0 and var made ? new FileDescriptor((int)made) : throw PipeCalls.LastFailure("CreateEvent");
    }

    /// <summary>Another handle of a process, with these rights only.</summary>
    /// <exception cref="SyscallException">There is no room for it, or the given one has less.</exception>
    public static FileDescriptor Process(nint process, uint rights)
    {
        nint self = PipeCalls.GetCurrentProcess(), copy;
        return PipeCalls.DuplicateHandle(self, process, self, &copy, rights, 1, 0) != 0 ? new FileDescriptor((int)copy) : throw PipeCalls.LastFailure("DuplicateHandle");
    }

    /// <summary>What makes an object's first handle one.</summary>
    public static PipeCalls.SecurityAttributes Attributes() => new() { Length = (uint)sizeof(PipeCalls.SecurityAttributes), InheritHandle = 1 };
}
