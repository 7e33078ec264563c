namespace CrashHandler.Protocol;

/// <summary>Options of a registration (protocol/README.md, "Register").</summary>
[Flags]
public enum RegisterOptions : uint
{
    /// <summary>None.</summary>
    None = 0,
    /// <summary>The system's own crash handling (core files) is kept away after our report.</summary>
    IgnoreSystemCrashHandler = 1,
}
