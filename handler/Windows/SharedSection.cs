using System.Runtime.InteropServices;

namespace CrashHandler.Handler.Posix;

/// <summary>Memory of this process's making that another one of ours gets as well, backed by the system's page file ("Creating Named Shared Memory"; this one has no name).</summary>
internal sealed unsafe partial class SharedSection : IDisposable
{
    // Section Object Security and Access Rights.
    public const uint SECTION_MAP_WRITE = 2, SECTION_MAP_READ = 4;

    private const uint PAGE_READWRITE = 4;
    private const nint PageFile = -1;

    private readonly FileDescriptor? _section;
    private readonly int _bytes;
    private nint _start;

    private SharedSection(FileDescriptor? section, nint start, int bytes)
    {
        _section = section;
        _start = start;
        _bytes = bytes;
    }

    /// <summary>Its bytes, which the other one may change at any time.</summary>
    public Span<byte> Bytes
    {
        get
        {
            ObjectDisposedException.ThrowIf(_start == 0, this);
            return new Span<byte>((void*)_start, _bytes);
        }
    }

    /// <summary>Makes one, of zeros.</summary>
    /// <exception cref="SyscallException">There is no memory for it.</exception>
    public static SharedSection Create(int bytes)
    {
        nint handle = CreateFileMappingW(PageFile, 0, PAGE_READWRITE, 0, (uint)bytes, 0);
        FileDescriptor section = handle != 0 ? new FileDescriptor((int)handle) : throw PipeCalls.LastFailure("CreateFileMapping", $"{bytes} bytes");
        try
        {
            return new SharedSection(section, View(section, SECTION_MAP_READ | SECTION_MAP_WRITE, bytes), bytes);
        }
        catch
        {
            section.Dispose();
            throw;
        }
    }

    /// <summary>Maps one that another process made.</summary>
    /// <param name="section">Its handle.</param>
    /// <param name="rights">What the handle is good for.</param>
    /// <param name="bytes">How many of it.</param>
    /// <exception cref="SyscallException">It is no section, or a shorter one.</exception>
    public static SharedSection Map(FileDescriptor section, uint rights, int bytes) => new(null, View(section, rights, bytes), bytes);

    /// <summary>A handle of it, of one that was made here, that a process may be started with (<see cref="NewProcess.Inherited"/>).</summary>
    /// <exception cref="SyscallException">There is no room for it.</exception>
    public FileDescriptor Share(uint rights)
    {
        nint self = PipeCalls.GetCurrentProcess(), copy;
        return PipeCalls.DuplicateHandle(self, _section!.Number, self, &copy, rights, 1, 0) != 0 ? new FileDescriptor((int)copy) : throw PipeCalls.LastFailure("DuplicateHandle");
    }

    public void Dispose()
    {
        if (_start != 0)
        {
            _ = UnmapViewOfFile(_start);
            _start = 0;
        }

        _section?.Dispose();
    }

    private static nint View(FileDescriptor section, uint rights, int bytes)
        => MapViewOfFile(section.Number, rights, 0, 0, (nuint)bytes) is var start and not 0 ? start : throw PipeCalls.LastFailure("MapViewOfFile", $"{bytes} bytes");

    [LibraryImport("kernel32", SetLastError = true)] private static partial nint CreateFileMappingW(nint file, nint security, uint protection, uint sizeHigh, uint size, nint name);
    [LibraryImport("kernel32", SetLastError = true)] private static partial nint MapViewOfFile(nint section, uint rights, uint offsetHigh, uint offset, nuint bytes);
    [LibraryImport("kernel32", SetLastError = true)] private static partial int UnmapViewOfFile(nint start);
}
