using System.Runtime.InteropServices;

namespace CrashHandler.Handler.Posix;

/// <summary>Memory of another process.</summary>
internal static unsafe partial class ForeignMemory
{
    private const int PageBytes = 4_096;

    /// <summary>Reads.</summary>
    /// <param name="process">A handle with PROCESS_VM_READ.</param>
    /// <param name="address">From where.</param>
    /// <param name="into">As much as is wanted.</param>
    /// <returns>How many bytes came: what is behind the first page that cannot be read does not, and GetLastError says why.</returns>
    public static int Read(nint process, ulong address, Span<byte> into)
    {
        if (ReadAll(process, address, into))
        {
            return into.Length;
        }

        // Of what can be read in part, systems give a part (ERROR_PARTIAL_COPY) or nothing.
        int done = 0;
        while (done < into.Length)
        {
            ulong at = unchecked(address + (ulong)done);
            int count = Math.Min(into.Length - done, PageBytes - (int)(at % PageBytes));
            if (count == into.Length || !ReadAll(process, at, into.Slice(done, count)))
            {
                break;
            }

            done += count;
        }

        return done;
    }

    private static bool ReadAll(nint process, ulong address, Span<byte> into)
    {
        nuint done;
        fixed (byte* bytes = into)
        {
            return ReadProcessMemory(process, (nuint)address, bytes, (nuint)into.Length, &done) != 0 && done == (nuint)into.Length;
        }
    }

    [LibraryImport("kernel32", SetLastError = true)] private static partial int ReadProcessMemory(nint process, nuint address, byte* buffer, nuint bytes, nuint* done);
}
