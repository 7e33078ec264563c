namespace CrashHandler;

/// <summary>How much a heap dump holds (<see cref="CrashReporterOptions.HeapDump"/>).</summary>
public enum HeapDumpKind
{
    /// <summary>There is none.</summary>
    None,

    /// <summary>Threads, stacks and exceptions, and what of the runtime is needed to read them.</summary>
    Mini,

    /// <summary>That, and the managed heap.</summary>
    Heap,

    /// <summary>The whole memory of the process.</summary>
    Full,
}
