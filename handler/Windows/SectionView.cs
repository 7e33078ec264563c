using System.Runtime.InteropServices;

namespace CrashHandler.Handler.Posix;

/// <summary>
/// Memory shared with another process, for reading ("File Mapping"). Whatever it is backed by: it is read by ReadProcessMemory of this process, which fails where a page cannot be had, and does
/// not fault.
/// </summary>
internal sealed partial class SectionView : SafeHandle
{
    private const uint FILE_MAP_READ = 4;

    private SectionView(nint start)
        : base(invalidHandleValue: 0, ownsHandle: true) => SetHandle(start);

    public override bool IsInvalid => handle == 0;

    /// <summary>Maps the beginning of a section.</summary>
    /// <exception cref="SyscallException">It is no section, or a shorter one.</exception>
    public static SectionView Map(FileDescriptor section, int bytes)
    {
        nint start = MapViewOfFile(section.Number, FILE_MAP_READ, 0, 0, (nuint)bytes);
        return start != 0 ? new SectionView(start) : throw PipeCalls.LastFailure("MapViewOfFile", $"{bytes} bytes");
    }

    /// <summary>Reads.</summary>
    /// <exception cref="SyscallException">A page cannot be had.</exception>
    public void Read(Span<byte> buffer, int offset)
    {
        if (ForeignMemory.Read(PipeCalls.GetCurrentProcess(), (ulong)(handle + offset), buffer) != buffer.Length)
        {
            throw PipeCalls.LastFailure("ReadProcessMemory", "shared section");
        }
    }

    protected override bool ReleaseHandle() => UnmapViewOfFile(handle) != 0;

    [LibraryImport("kernel32", SetLastError = true)] private static partial nint MapViewOfFile(nint section, uint access, uint offsetHigh, uint offsetLow, nuint bytes);
    [LibraryImport("kernel32", SetLastError = true)] private static partial int UnmapViewOfFile(nint start);
}
