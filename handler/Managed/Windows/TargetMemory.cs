using CrashHandler.Handler.Posix;
using CrashHandler.Handler.Stacks;

namespace CrashHandler.Handler.Managed;

/// <summary>The memory of a process, by its handle.</summary>
internal sealed class TargetMemory(FileDescriptor process) : IProcessMemory
{
    public int Read(ulong address, Span<byte> into) => ForeignMemory.Read(process.Number, address, into);
}
