using CrashHandler.Handler.Minidump.Format;
using CrashHandler.Handler.Stacks;

namespace CrashHandler.Handler.Minidump;

/// <summary>What a minidump of any producer says. Streams and CPUs nobody here knows are listed; what is damaged is a problem of its stream.</summary>
internal sealed record MinidumpFile
{
    /// <summary>What a report has that has no dump: nothing.</summary>
    public static readonly MinidumpFile None = new() { FileSize = 0, Header = default, Streams = [] };

    private DumpModule[]? _modulesByAddress;

    /// <summary>Bytes of the file.</summary>
    public required long FileSize { get; init; }

    public required MinidumpHeader Header { get; init; }

    /// <summary>The directory, in the file's order, without unused entries.</summary>
    public required IReadOnlyList<DumpStream> Streams { get; init; }

    public DumpSystem? System { get; init; }

    public DumpProcess? Process { get; init; }

    public DumpException? Exception { get; init; }

    public IReadOnlyList<DumpThread> Threads { get; init; } = [];

    /// <summary>Modules in the file's order; the first one is the program.</summary>
    public IReadOnlyList<DumpModule> Modules { get; init; } = [];

    /// <summary>Modules that were loaded once; of Windows only.</summary>
    public IReadOnlyList<DumpUnloadedModule> UnloadedModules { get; init; } = [];

    public IReadOnlyList<DumpMemoryRange> Memory { get; init; } = [];

    /// <summary>What the process had mapped; empty where the dump does not say.</summary>
    public IReadOnlyList<DumpMemoryInfo> MemoryInfo { get; init; } = [];

    /// <summary>Handles, on Linux file descriptors.</summary>
    public IReadOnlyList<DumpHandle> Handles { get; init; } = [];

    /// <summary>The thread that crashed or asked, as Breakpad's stream tells it; null where it does not.</summary>
    public uint? RequestingThread { get; init; }

    /// <summary>The thread that wrote the dump, as Breakpad's stream tells it; null where none of the process did.</summary>
    public uint? DumpingThread { get; init; }

    public DumpCrashpadInfo? Crashpad { get; init; }

    /// <summary>Raw files of Linux as text, by stream; of the auxiliary vector one line per pair.</summary>
    public IReadOnlyDictionary<MinidumpStreamType, string> LinuxFiles { get; init; } = new Dictionary<MinidumpStreamType, string>();

    /// <summary>What the writer could not read or had to cut.</summary>
    public IReadOnlyList<DumpSoftError> SoftErrors { get; init; } = [];

    /// <summary>When the dump was made, UTC.</summary>
    public DateTimeOffset Time => DateTimeOffset.FromUnixTimeSeconds(Header.TimeDateStamp);

    /// <summary>From MiscInfo, else from /proc/PID/status.</summary>
    public uint? ProcessId { get; init; }

    /// <summary>The crashed thread, if it is in the list.</summary>
    public DumpThread? CrashedThread => Exception is null ? null : Threads.FirstOrDefault(thread => thread.Id == Exception.ThreadId);

    /// <summary>Registers of a thread: those of the exception for the crashed one.</summary>
    public Amd64Context? ContextOf(DumpThread thread) => (thread.Id == Exception?.ThreadId ? Exception.Context : null) ?? thread.Context;

    /// <summary>The module an address lies in, or null.</summary>
    public DumpModule? ModuleAt(ulong address)
    {
        _modulesByAddress ??= [.. Modules.OrderBy(module => module.Address)];
        int low = 0;
        int high = _modulesByAddress.Length;
        while (low < high)
        {
            int middle = (low + high) / 2;
            if (_modulesByAddress[middle].Address <= address)
            {
                low = middle + 1;
            }
            else
            {
                high = middle;
            }
        }

        return low > 0 && _modulesByAddress[low - 1].Contains(address) ? _modulesByAddress[low - 1] : null;
    }

    /// <summary>Reads a minidump.</summary>
    /// <exception cref="MinidumpFormatException">It is none, or its header or directory is damaged or cut off.</exception>
    public static MinidumpFile Read(ReadOnlyMemory<byte> bytes) => new MinidumpReader(bytes).Read();

    /// <summary>Reads a minidump from a file.</summary>
    /// <param name="path">Its path.</param>
    /// <param name="maxBytes">Above this size it is not read.</param>
    /// <exception cref="MinidumpFormatException">It is none, is too large, or its header or directory is damaged or cut off.</exception>
    /// <exception cref="IOException">It cannot be read.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be read.</exception>
    public static MinidumpFile Read(string path, long maxBytes = MinidumpLimits.MaxReadBytes)
    {
        if (Directory.Exists(path))
        {
            throw new MinidumpFormatException("not a minidump but a directory; name a .dmp file in it");
        }

        using FileStream stream = new(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0);
        if (!stream.CanSeek)
        {
            throw new MinidumpFormatException("not a regular file; copy it to one first");
        }

        if (stream.Length > Math.Min(maxBytes, Array.MaxLength))
        {
            throw new MinidumpFormatException($"the file has {stream.Length} bytes, above the limit of {Math.Min(maxBytes, Array.MaxLength)}; use a debugger for a dump this large");
        }

        byte[] bytes = new byte[stream.Length];
        int length = stream.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false);
        return Read(bytes.AsMemory(0, length));
    }
}
