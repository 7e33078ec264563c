namespace CrashHandler.Tests.EndToEnd.Troubles;

/// <summary>What may be wrong when a verb is called.</summary>
public enum Trouble
{
    /// <summary>Nothing: what shows that the others are what a verb complains of.</summary>
    None,

    /// <summary>There is nothing at the database's path.</summary>
    NoDatabase,

    /// <summary>There is a file.</summary>
    DatabaseIsFile,

    /// <summary>There is a directory with nothing in it.</summary>
    DatabaseIsEmpty,

    /// <summary>Its path is empty.</summary>
    DatabaseUnnamed,

    /// <summary>Both copies of the settings are no JSON.</summary>
    BrokenSettings,

    /// <summary>The record of another report is no JSON.</summary>
    BrokenOtherRecord,

    /// <summary>The record of this report is no JSON.</summary>
    BrokenRecord,

    /// <summary>The report's minidump is gone.</summary>
    NoDump,

    /// <summary>Half of it is gone.</summary>
    HalfDump,

    /// <summary>It is some text.</summary>
    DumpIsText,

    /// <summary>The database belongs to root, and this is somebody else.</summary>
    AnothersDatabase,

    /// <summary>It belongs to somebody else, and this is root.</summary>
    RootLooks,

    /// <summary>Nothing in it may be written.</summary>
    ReadOnlyDatabase,

    /// <summary>Its disk is full.</summary>
    FullDisk,

    /// <summary>No report has this id.</summary>
    WrongId,

    /// <summary>Two have an id that begins so.</summary>
    AmbiguousId,

    /// <summary>The id is empty.</summary>
    EmptyId,

    /// <summary>There is no such process.</summary>
    WrongPid,

    /// <summary>Something is where the file is to be made.</summary>
    OutputIsThere,

    /// <summary>The directory of the file that is to be made is missing.</summary>
    OutputNowhere,

    /// <summary>It may not be written.</summary>
    OutputReadOnly,

    /// <summary>It is full.</summary>
    OutputFullDisk,

    /// <summary>The file that is to be made has no name.</summary>
    OutputUnnamed,

    /// <summary>Standard output is on a full disk.</summary>
    FullStandardOutput,

    /// <summary>Nobody reads standard output any more, as after <c>| head -1</c>.</summary>
    ClosedStandardOutput,
}
