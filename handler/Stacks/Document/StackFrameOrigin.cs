namespace CrashHandler.Handler.Stacks.Document;

/// <summary>How a frame was found; the later, the less it is to be trusted.</summary>
internal enum StackFrameOrigin
{
    /// <summary>The thread's registers: the innermost frame.</summary>
    Context,

    /// <summary>The runtime says so.</summary>
    Runtime,

    /// <summary>The module's unwind table (<c>.eh_frame</c>, the exception directory).</summary>
    UnwindTable,

    /// <summary>The chain of frame pointers.</summary>
    FramePointer,

    /// <summary>A word on the stack that looks like a return address.</summary>
    Scan,

    /// <summary>The text of an exception, as the process wrote it.</summary>
    Text,
}
