using CrashHandler.Handler.Posix;
using CrashHandler.Handler.Stacks;

namespace CrashHandler.Handler.Managed;

/// <summary>A file by its descriptor as memory, <c>/proc/PID/mem</c> among others: its offsets are the addresses.</summary>
internal sealed unsafe class DescriptorMemory(FileDescriptor file) : IProcessMemory
{
    public int Read(ulong address, Span<byte> into)
    {
        int count = 0;
        fixed (byte* bytes = into)
        {
            while (count < into.Length && address <= long.MaxValue)
            {
                nint got = Libc.pread(file.Number, bytes + count, into.Length - count, (long)address + count);
                if (got <= 0)
                {
                    // The end, or no page there: whoever asked sees how much came.
                    break;
                }

                count += (int)got;
            }
        }

        return count;
    }
}
