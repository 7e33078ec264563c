using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using CrashHandler.Handler.Capture;
using CrashHandler.Handler.Capture.Linux;
using CrashHandler.Handler.Stacks;

namespace CrashHandler.Tests.Capture;

/// <summary>Mappings made up over real memory, the tests' own: what a process with such mappings would show.</summary>
internal sealed unsafe class MadeUpProcess : IDisposable
{
    public const int PageSize = 4_096;
    private readonly byte* _memory;
    private readonly SortedDictionary<int, string> _lines = [];

    public MadeUpProcess(int pages = 64)
    {
        _memory = (byte*)NativeMemory.AlignedAlloc((nuint)(pages * PageSize), PageSize);
        NativeMemory.Clear(_memory, (nuint)(pages * PageSize));
    }

    public SoftErrorList Errors { get; } = new();

    public ulong AddressOf(int page) => (ulong)_memory + ((ulong)page * PageSize);

    /// <summary>Maps a part of a file.</summary>
    public MadeUpProcess Map(int page, int pages, string permissions, int offset, string path, ReadOnlySpan<byte> bytes, int inode = 100)
    {
        bytes.CopyTo(new Span<byte>(_memory + (page * PageSize), pages * PageSize));
        _lines.Add(page, string.Create(CultureInfo.InvariantCulture, $"{AddressOf(page):x}-{AddressOf(page + pages):x} {permissions} {offset:x8} 08:01 {inode} {path}\n"));
        return this;
    }

    public List<ModuleSnapshot> Find(ulong? entry = null, string executable = "", bool refused = false, string root = "/nowhere")
    {
        MemoryMap map = MemoryMap.Parse(Encoding.UTF8.GetBytes(string.Concat(_lines.Values)));

        // No process has this pid: its memory is refused.
        using RemoteMemory memory = new(refused ? int.MaxValue : Environment.ProcessId, refused ? "/nowhere" : "/proc/self", Errors, new SnapshotMemory());
        return new ModuleFinder(map, memory, root, Errors, CaptureFailSpots.None).Find(entry, executable);
    }

    public void Dispose() => NativeMemory.AlignedFree(_memory);
}
