namespace CrashHandler.Protocol;

/// <summary>Options of a registration (protocol/README.md, "Register").</summary>
[Flags]
public enum RegisterOptions : uint
{
    /// <summary>None.</summary>
    None = 0,
    /// <summary>The system's own crash handling (the kernel's core files, the runtime's createdump) is kept away.</summary>
    IgnoreSystemCrashHandler = 1,
}
