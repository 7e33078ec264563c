namespace CrashHandler.Handler.Stacks.Document;

/// <summary>Where a document's managed part comes from.</summary>
internal enum StackSource
{
    /// <summary>There is none: native frames only, or nothing.</summary>
    None,

    /// <summary>The runtime's own data, read from outside through its DAC.</summary>
    Walk,

    /// <summary>What the process said of its exception before it died; frames of its text only.</summary>
    Client,
}
