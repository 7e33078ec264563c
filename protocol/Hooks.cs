namespace CrashHandler.Protocol;

/// <summary>What the shim has in place in a client (protocol/README.md, "Hello").</summary>
[Flags]
public enum Hooks : uint
{
    /// <summary>Nothing.</summary>
    None = 0,
    /// <summary>The shim was preloaded.</summary>
    Stage1 = 1,
    /// <summary>The shim was installed by <c>Start</c>.</summary>
    Stage2 = 2,
    /// <summary>The signal handlers are installed.</summary>
    Signals = 4,
    /// <summary>The program's calls of <c>sigaction</c> are seen.</summary>
    Sigaction = 8,
    /// <summary>The program's call of <c>abort</c> is seen.</summary>
    Abort = 16,
    /// <summary>A .NET runtime is in the process.</summary>
    DotNet = 32,
    /// <summary>The runtime's call of <c>fork</c> is seen: its createdump is stopped, as <see cref="RegisterOptions.IgnoreSystemCrashHandler"/> wants it.</summary>
    Fork = 64,
}
