namespace CrashHandler.Handler.Stacks.Document;

/// <summary>What kind of code a frame is of.</summary>
internal enum StackFrameKind
{
    /// <summary>Machine code of a library or program.</summary>
    Native,

    /// <summary>A .NET method.</summary>
    Managed,

    /// <summary>A marker of the runtime's between managed and native code, such as <c>InlinedCallFrame</c>.</summary>
    Transition,
}
