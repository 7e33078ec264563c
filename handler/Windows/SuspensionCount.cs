using System.Runtime.InteropServices;

namespace CrashHandler.Handler.Posix;

/// <summary>
/// How often a process is suspended on a handler's behalf: a semaphore that the handler and its guard have in common. Who takes one out of it resumes the process once, so that
/// nobody does it twice for the same, whoever ends first; what the process itself has suspended stays so.
/// </summary>
internal sealed unsafe partial class SuspensionCount(FileDescriptor semaphore) : IDisposable
{
    // Ours, and dbghelp's.
    private const int Most = 2;

    /// <summary>The semaphore; this object's.</summary>
    public FileDescriptor Handle { get; } = semaphore;

    /// <summary>A new one, of none, to be inherited.</summary>
    /// <exception cref="SyscallException">There is no room for it.</exception>
    public static SuspensionCount Create()
    {
        PipeCalls.SecurityAttributes inheritable = InheritableHandles.Attributes();
        return CreateSemaphoreW(&inheritable, 0, Most, 0) is not 0 and var made ? new SuspensionCount(new FileDescriptor((int)made)) : throw PipeCalls.LastFailure("CreateSemaphore");
    }

    /// <summary>Before the process is suspended once more: whoever ends in between resumes once too often what is not suspended, which is nothing.</summary>
    /// <exception cref="SyscallException">ReleaseSemaphore failed.</exception>
    public void Add()
    {
        if (ReleaseSemaphore(Handle.Number, 1, 0) == 0)
        {
            throw PipeCalls.LastFailure("ReleaseSemaphore");
        }
    }

    /// <summary>Takes one out; false: there is none.</summary>
    public bool TryTake() => PipeCalls.WaitForSingleObject(Handle.Number, 0) == PipeCalls.WAIT_OBJECT_0;

    /// <summary>Resumes a process as often as it is suspended.</summary>
    public void ResumeAll(FileDescriptor process)
    {
        while (TryTake())
        {
            ProcessFacts.Resume(process);
        }
    }

    public void Dispose() => Handle.Dispose();

    [LibraryImport("kernel32", SetLastError = true)] private static partial nint CreateSemaphoreW(PipeCalls.SecurityAttributes* security, int initial, int most, nint name);
    [LibraryImport("kernel32", SetLastError = true)] private static partial int ReleaseSemaphore(nint semaphore, int count, nint previous);
}
