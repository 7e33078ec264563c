namespace CrashHandler.Handler.Reports;

/// <summary>The steps in which a report is deleted; handler/Reports/README.md says what a kill after each leaves.</summary>
internal enum DeletionStep
{
    /// <summary>Its record is in <c>deletions/</c>: it is no report any more.</summary>
    Begun,

    /// <summary>That is on the disk.</summary>
    Stored,

    /// <summary>Its dump is gone.</summary>
    DumpRemoved,

    /// <summary>Its document of stacks is gone.</summary>
    StacksRemoved,

    /// <summary>Its heap dump is gone.</summary>
    HeapDumpRemoved,

    /// <summary>Its attachments are gone.</summary>
    AttachmentsRemoved,

    /// <summary>The request for its upload is gone.</summary>
    RequestRemoved,

    /// <summary>All that is on the disk.</summary>
    FilesRemoved,

    /// <summary>Its record is gone: nothing is left.</summary>
    Ended,
}
