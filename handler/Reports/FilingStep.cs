namespace CrashHandler.Handler.Reports;

/// <summary>The steps in which a report is filed; handler/Reports/README.md says what a kill after each leaves.</summary>
internal enum FilingStep
{
    /// <summary>Another handler makes the report of this death; it is waited for.</summary>
    Waiting,
    /// <summary><c>new/ID.dmp</c> is ours.</summary>
    Claimed,
    /// <summary><c>new/ID.json</c> is on the disk.</summary>
    RecordWritten,
    /// <summary>A part of the dump is written.</summary>
    DumpWriting,
    /// <summary>The dump is whole, but not yet on the disk.</summary>
    DumpWritten,
    /// <summary>A part of the stacks' stream is behind the dump; the dump does not count it yet.</summary>
    StacksWriting,
    /// <summary>The stacks' stream is in the dump.</summary>
    StacksWritten,
    /// <summary><c>new/ID.managed.json</c> is there.</summary>
    StacksStored,
    /// <summary>The dump is whole and on the disk: from here on it will be a report, whoever ends.</summary>
    DumpFinished,
    /// <summary>The stacks have their place.</summary>
    StacksMoved,
    /// <summary>The record has its place.</summary>
    RecordMoved,
    /// <summary>The dump has its place: it is a report.</summary>
    DumpMoved,
    /// <summary>Both places are on the disk.</summary>
    Filed,
}
