namespace CrashHandler.Handler.Stacks;

/// <summary>Every limit of stacks and of the walk that finds them, with its unit and reason.</summary>
internal static class StacksLimits
{
    /// <summary>Frames kept of a thread after folding: who reads more of one stack?</summary>
    public const int KeptFrames = 256;

    /// <summary>Frames read of a thread: of a stack overflow enough to see what repeats, within the time.</summary>
    public const int ReadFrames = 10_000;

    /// <summary>Bytes of UTF-8 of an exception's message: what the process itself may say of it, too.</summary>
    public const int MessageBytes = 4_096;

    /// <summary>Bytes of UTF-8 of an exception's message among a report's parameters: a server's list shows no more.</summary>
    public const int ParameterMessageBytes = 1_024;

    /// <summary>Exceptions in a chain or tree: they nest, and a broken heap may have a circle.</summary>
    public const int Exceptions = 32;

    /// <summary>Bytes of the whole document: a thousand threads with thirty frames each.</summary>
    public const int DocumentBytes = 16 << 20;

    /// <summary>The longest repetition that is looked for: this many methods that call each other.</summary>
    public const int LongestRun = 16;

    /// <summary>How many times frames must stand in a row to be folded: what repeats fewer times keeps its own lines.</summary>
    public const int LeastRepetitions = 3;

    /// <summary>Of the <see cref="KeptFrames"/>, those at the outer end where frames are left out: who began the thread.</summary>
    public const int OuterFrames = 16;

    /// <summary>Bytes of an exception's text: a client sends no more. Characters that are read of it, too.</summary>
    public const int ExceptionTextBytes = 20_480;

    /// <summary>Characters of a name that is taken apart for a signature: more is no method's name.</summary>
    public const int NameCharacters = 2_048;

    /// <summary>How deep names of the compiler's are looked into, such as that of a lambda's state machine in a local function.</summary>
    public const int NameDepth = 8;

    /// <summary>Frames of the program's own in a signature: where it went wrong, and who called that. With more, the same bug has many signatures.</summary>
    public const int SignatureFrames = 2;

    /// <summary>Characters of a name in a signature; of a longer one the end is kept, which says the method.</summary>
    public const int SignatureNameCharacters = 120;

    /// <summary>Characters of a signature: a prefix, the library's function and the <see cref="SignatureFrames"/>, with what separates them.</summary>
    public const int SignatureCharacters = ((SignatureFrames + 2) * SignatureNameCharacters) + ((SignatureFrames + 1) * 3);

    /// <summary>Frames that a repetition must stand for, all in all, to be a stack overflow: a tree's depth is less, and a smaller stack has no room for a program.</summary>
    public const int OverflowFrames = 200;

    /// <summary>Levels of a document's JSON: exceptions that nest, two levels each, and what they lie in and hold.</summary>
    public const int DocumentDepth = (2 * Exceptions) + 16;

    /// <summary>Bytes of a text that the handler itself takes of a document, as JSON has it: a message, each byte of which may be escaped.</summary>
    public const int TakenTextBytes = 6 * MessageBytes;

    /// <summary>Threads in a request: as many as a snapshot has (CaptureLimits.MaxThreads).</summary>
    public const int Threads = 4_096;

    /// <summary>Modules in a request: as many as a snapshot has (CaptureLimits.MaxModules).</summary>
    public const int Modules = 2_048;

    /// <summary>Bytes of the maps in a request: the kernel's default of 65,530 mappings with 256 bytes each.</summary>
    public const int MapsBytes = 16 << 20;

    /// <summary>Bytes of UTF-8 of a thread's name in a request: 64 of the kernel's, each of which may have become a replacement character.</summary>
    public const int NameBytes = 256;

    /// <summary>Bytes of UTF-8 of a path in a request: the kernel's PATH_MAX, likewise.</summary>
    public const int PathBytes = 3 * 4_096;

    /// <summary>Bytes of a build id in a request: as many as a snapshot has (CaptureLimits.BuildIdBytes).</summary>
    public const int BuildIdBytes = 64;

    /// <summary>Bytes of UTF-8 of each of the three texts that a client sends ahead of an exception, in a request: each of its bytes may have become a replacement character.</summary>
    public const int RequestTextBytes = 3 * ExceptionTextBytes;

    /// <summary>Descriptors from here on are given to the walk's own numbers, so that none of those is taken before.</summary>
    public const int LowestSpareDescriptor = 16;

    /// <summary>Bytes first kept for a walk's answer: that of a small process; each time that it does not do, twice as many.</summary>
    public const int FirstAnswerBytes = 256 << 10;

    /// <summary>Processor time of a walk, in times of what it may take: several threads may work at once. What outlives its handler ends by it.</summary>
    public const int ProcessorTimes = 4;

    /// <summary>Bytes that the walk process may write to (RLIMIT_DATA): its collector's 256 MiB, the debugging library's own data and copies, two threads' stacks.</summary>
    public const ulong WalkDataBytes = 768 << 20;

    /// <summary>Parts of <see cref="WalkRequest.Limit"/>, in percent, after which the runtime is asked no more: what it has said must still be put together and written.</summary>
    public const int ManagedPercent = 70;

    /// <summary>The same after which no further thread is put together.</summary>
    public const int ComposePercent = 88;

    /// <summary>Bytes of the stack of the thread that asks the runtime: the debugging library's recursion was made for 1.5 MiB and more.</summary>
    public const int WalkStackBytes = 8 << 20;

    /// <summary>Pages of the process that are kept for the debugging library: 64 MiB; it looks at metadata of every assembly on a stack.</summary>
    public const int DacCachedPages = 16_384;

    /// <summary>Bytes of a read that is not kept: above, it is metadata that the debugging library copies for itself.</summary>
    public const int CachedReadBytes = 65_536;

    /// <summary>Bytes of a runtime library's segment that are searched for its version: libcoreclr.so has 0.2 MiB of data.</summary>
    public const int VersionSearchBytes = 8 << 20;

    /// <summary>Bytes of such a version with its commit: 80.</summary>
    public const int VersionBytes = 256;

    /// <summary>Bytes of the name of a needed library.</summary>
    public const int LibraryNameBytes = 256;

    /// <summary>Bytes of UTF-8 of a method's name with its parameters: generic arguments nest, and nobody reads more.</summary>
    public const int MethodNameBytes = 2_048;

    /// <summary>How deep types derive from each other: no program has 100.</summary>
    public const int TypeDepth = 256;

    /// <summary>Frames of an exception's own stack.</summary>
    public const int ExceptionFrames = 256;

    /// <summary>Bytes of a Thread object that hold its fields.</summary>
    public const int ThreadObjectBytes = 96;

    /// <summary>The lowest value that may be a pointer: below, the kernel maps nothing (vm.mmap_min_addr).</summary>
    public const ulong LowestPointer = 65_536;

    /// <summary>The highest value that may be a pointer: above is the system's half of the addresses.</summary>
    public const ulong HighestPointer = 0x7fff_ffff_ffff;

    /// <summary>Bytes of JSON that a frame takes beside its texts: members' names, numbers.</summary>
    public const int FrameJsonBytes = 384;

    /// <summary>Bytes of an assembly's file of which the debug directory is read: the largest there are have a tenth of it.</summary>
    public const int AssemblyBytes = 1 << 30;

    /// <summary>Bytes of an assembly's metadata, read for its module version id.</summary>
    public const int MetadataBytes = 64 << 20;

    /// <summary>Bytes of a debug directory, and of a CodeView entry: a handful of entries, and a path.</summary>
    public const int DebugDirectoryBytes = 64 << 10;

    /// <summary>Bytes of a portable PDB, decompressed: those of the largest programs have half of it.</summary>
    public const int PdbBytes = 64 << 20;

    /// <summary>Bytes of all PDBs of a walk together: they are held in memory.</summary>
    public const int PdbBytesTogether = 128 << 20;

    /// <summary>Sequence points read in a walk: ten thousand methods of a hundred lines, some tens of milliseconds.</summary>
    public const int SequencePointsTogether = 1_000_000;

    /// <summary>Characters of a source file's name: what a path may have on Linux (PATH_MAX).</summary>
    public const int SourceFileChars = 4_096;

    /// <summary>Assemblies of which it is said why they have no lines.</summary>
    public const int PdbProblems = 16;

    /// <summary>Bytes of an image's notes that are searched for its build id.</summary>
    public const int NoteBytes = 4_096;

    /// <summary>Pages of 4 KiB of the process's memory that are kept: the stacks of a thousand threads pass through, tables and code stay.</summary>
    public const int CachedPages = 2_048;

    /// <summary>Sections of a file: programs have some forty.</summary>
    public const int Sections = 4_096;

    /// <summary>Symbols looked at in one table: those of a browser's debug build; 24 bytes each are kept.</summary>
    public const int Symbols = 1_000_000;

    /// <summary>Bytes of a symbol's name; what is longer is a template's, and cut.</summary>
    public const int SymbolNameBytes = 1_024;

    /// <summary>Bytes that a function without a size may have, where no unwind table says where it begins: it is written in assembler, and short.</summary>
    public const ulong UnsizedFunctionBytes = 4_096;

    /// <summary>Symbols before an address that are looked at for one that encloses it: functions do not nest deeper.</summary>
    public const int EnclosingSymbols = 16;

    /// <summary>Entries of a module's dynamic section.</summary>
    public const int DynamicEntries = 1_024;

    /// <summary>Bytes of one entry of an unwind table: compilers write some ten, for huge functions some thousand.</summary>
    public const int UnwindEntryBytes = 32_768;

    /// <summary>Bytes of an entry that others share: compilers write some twenty.</summary>
    public const int CommonEntryBytes = 1_024;

    /// <summary>Shared entries of one module that are kept: linkers merge equal ones, which leaves a handful.</summary>
    public const int CommonEntries = 256;

    /// <summary>Entries read of an unwind table that has no index: a large library's.</summary>
    public const int UnindexedEntries = 200_000;

    /// <summary>Bytes read of an unwind table that has no index.</summary>
    public const ulong UnindexedBytes = 32 << 20;

    /// <summary>Rows remembered at once by one unwind program: compilers nest two.</summary>
    public const int RememberedRows = 16;

    /// <summary>Operations of one DWARF expression: the longest known, of a signal's frame, has four.</summary>
    public const int ExpressionOperations = 256;

    /// <summary>Bytes of a DWARF expression: the longest known has eleven.</summary>
    public const int ExpressionBytes = 256;

    /// <summary>Values on the stack of a DWARF expression.</summary>
    public const int ExpressionValues = 64;

    /// <summary>Sections of a PE image: what its loader takes.</summary>
    public const int PeSections = 96;

    /// <summary>Directories of a PE image: the format has names for no more (IMAGE_NUMBEROF_DIRECTORY_ENTRIES).</summary>
    public const int PeDirectories = 16;

    /// <summary>Functions of a PE image that are parts of each other: compilers write two, the system's own unwinder takes 32.</summary>
    public const int ChainedFunctions = 32;

    /// <summary>Bytes of code that may be an epilogue: an addition, a pop of each register, a jump are 46.</summary>
    public const int EpilogBytes = 64;

    /// <summary>Exports of a PE image: their ordinals have 16 bits.</summary>
    public const int Exports = 65_536;

    /// <summary>Bytes of a stack that are looked at to find its end where no map tells it: Windows' default is 1 MiB, .NET's 1.5 MiB.</summary>
    public const ulong UnmappedStackBytes = 16 << 20;

    /// <summary>Code addresses whose function and unwind row are kept: threads wait in the same few.</summary>
    public const int CachedPlaces = 8_192;

    /// <summary>Words of a stack in which a return address is looked for: as Breakpad does.</summary>
    public const int ScannedWords = 160;

    /// <summary>Bytes above a stray stack pointer in which its stack is looked for: guard areas are no larger.</summary>
    public const ulong StackSearchBytes = 1 << 20;

    /// <summary>Problems of modules told in the document: the same cause shows in the first few.</summary>
    public const int ModuleProblems = 32;

    /// <summary>How long a walk may take to end after its answer, or after it was killed: the kernel needs milliseconds, but one that hangs in it needs for ever.</summary>
    public static readonly TimeSpan WalkEnd = TimeSpan.FromMilliseconds(250);

    /// <summary>How long a walk may take while a process dies: nobody waits longer for a picture of it.</summary>
    public static readonly TimeSpan OfDeath = TimeSpan.FromSeconds(5);

    /// <summary>The same for a process that goes on living, and stands still meanwhile.</summary>
    public static readonly TimeSpan OfDemand = TimeSpan.FromMilliseconds(250);

    /// <summary>How long a second walk may take, which does not ask the runtime, when a process dies and the first one failed: native stacks take milliseconds.</summary>
    public static readonly TimeSpan SecondOfDeath = TimeSpan.FromSeconds(1);
}
