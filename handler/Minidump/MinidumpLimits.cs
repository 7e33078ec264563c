namespace CrashHandler.Handler.Minidump;

/// <summary>Every limit of this room. What the writer cuts for one of them stands in the dump's soft errors.</summary>
internal static class MinidumpLimits
{
    /// <summary>Number of threads: Breakpad drops the whole list of a dump with more.</summary>
    public const int MaxThreads = 4_096;

    /// <summary>Number of modules: Breakpad drops the whole list of a dump with more.</summary>
    public const int MaxModules = 2_048;

    /// <summary>Number of memory ranges: Breakpad drops the whole list of a dump with more.</summary>
    public const int MaxRegions = 4_096;

    /// <summary>Bytes of one memory range: Breakpad cannot read a longer one.</summary>
    public const int MaxRegionBytes = 64 * 1024 * 1024;

    /// <summary>UTF-16 units of a MINIDUMP_STRING: with a longer module name Breakpad drops the whole module list.</summary>
    public const int MaxUtf16Units = 1_024;

    /// <summary>Ranges of the memory info: as many mappings as a kernel allows by default, 3 MB.</summary>
    public const int MaxMemoryInfos = 65_536;

    /// <summary>File descriptors written: as many as a capture reads.</summary>
    public const int MaxHandles = 1_024;

    /// <summary>Bytes of a UTF-8 string: with its terminator above 1,024 Breakpad drops the whole CrashpadInfo stream.</summary>
    public const int MaxUtf8Bytes = 1_023;

    /// <summary>Number of annotations: ten times what the protocol lets an application have, so that nothing of ours is ever cut.</summary>
    public const int MaxAnnotations = 4_096;

    /// <summary>Bytes of a CodeView record: Breakpad ignores a longer one.</summary>
    public const int MaxCodeViewBytes = 32_768;

    /// <summary>Bytes of one raw stream: eight times the maps of a process with all 65,530 mappings a kernel allows by default.</summary>
    public const int MaxRawStreamBytes = 64 * 1024 * 1024;

    /// <summary>Number of soft errors written: more would only repeat themselves.</summary>
    public const int MaxSoftErrors = 1_000;

    /// <summary>Bytes of a whole file: an RVA is a u32.</summary>
    public const ulong MaxFileBytes = uint.MaxValue;

    /// <summary>UTF-16 units of each text of a soft error: room for a path and a reason.</summary>
    public const int MaxSoftErrorUnits = 512;

    /// <summary>Bytes kept free behind the memory for the soft errors: the most errors with the longest texts, escaped, are 9 MB.</summary>
    public const ulong SoftErrorRoomBytes = 16 * 1024 * 1024;

    /// <summary>Parameters of an exception: the record has room for no more.</summary>
    public const int MaxExceptionParameters = 15;

    /// <summary>Streams the writer knows: so much room is kept for the directory. Breakpad rejects a file with more than 128.</summary>
    public const int MaxStreamsWritten = 24;

    /// <summary>Of them, those for which room is left in a dump that is written: <see cref="AppendedStream"/> adds them.</summary>
    public const int StreamsAppended = 1;

    /// <summary>Streams of a dump that another writer made and this one completes: with ours Breakpad, which rejects a file with more than 128, still reads it. dbghelp writes some twenty.</summary>
    public const uint MaxStreamsCompleted = 120;

    /// <summary>Bytes of a list of a dump that another writer made and this one completes, a million ranges of memory: far above any process without its heap.</summary>
    public const uint MaxListBytes = 16 * 1024 * 1024;

    /// <summary>Bytes of a file the reader takes into memory: far above any dump without a heap.</summary>
    public const long MaxReadBytes = 1024L * 1024 * 1024;

    /// <summary>Entries of a directory the reader takes: LLDB and Breakpad stop far earlier, clrmd here.</summary>
    public const uint MaxStreamsRead = 10_000;

    /// <summary>Entries of a list the reader takes (a million memory ranges are 24 MB); the rest is a problem of the stream.</summary>
    public const int MaxEntriesRead = 1_000_000;

    /// <summary>Threads, modules or names the reader takes: sixteen times what writers may write.</summary>
    public const int MaxObjectsRead = 65_536;

    /// <summary>Bad entries in a stream before the reader gives that stream up: each costs an exception.</summary>
    public const int MaxProblemsPerStream = 16;

    /// <summary>Bytes of one text the reader takes: far above any path, name or annotation.</summary>
    public const int MaxTextBytes = 4 * 1024 * 1024;

    /// <summary>Bytes of soft errors the reader takes: a thousand errors with the longest texts stay below it.</summary>
    public const int MaxSoftErrorBytes = 16 * 1024 * 1024;

    /// <summary>How often the reader reads a byte of the file on average; a file that asks for more refers to itself in circles.</summary>
    public const int MaxReadsPerByte = 4;

    /// <summary>Bytes the reader reads in any case, so that small files may share their records.</summary>
    public const long MinReadBudgetBytes = 1024 * 1024;

    /// <summary>Bytes the reader reads at most, the memory of the process not counted: every list and text at its limit is less.</summary>
    public const long MaxReadBudgetBytes = 256 * 1024 * 1024;
}
