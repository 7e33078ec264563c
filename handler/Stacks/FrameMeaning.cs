namespace CrashHandler.Handler.Stacks;

/// <summary>What a frame says of where it went wrong.</summary>
internal enum FrameMeaning
{
    /// <summary>Nothing: it is on every such stack.</summary>
    None,

    /// <summary>It ended the process on purpose, or threw for somebody: what called it is meant.</summary>
    Deliberate,

    /// <summary>Code of a library that comes with the system or the runtime.</summary>
    Library,

    /// <summary>The program's own code, and that of packages.</summary>
    Own,
}
