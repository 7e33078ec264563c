using CrashHandler.Handler.Stacks;
using Microsoft.Win32.SafeHandles;

namespace CrashHandler.Tests.Stacks;

/// <summary><c>/proc/PID/mem</c>.</summary>
internal sealed class ProcessMemoryFile(int pid) : IProcessMemory, IDisposable
{
    private readonly SafeFileHandle _file = File.OpenHandle($"/proc/{pid}/mem", FileMode.Open, FileAccess.Read, FileShare.ReadWrite);

    public int Read(ulong address, Span<byte> into)
    {
        try
        {
            return address > long.MaxValue ? 0 : RandomAccess.Read(_file, into, (long)address);
        }
        catch (IOException)
        {
            // EIO: no page is there.
            return 0;
        }
    }

    public void Dispose() => _file.Dispose();
}
