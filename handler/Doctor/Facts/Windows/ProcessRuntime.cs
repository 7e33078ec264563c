namespace CrashHandler.Handler.Doctor.Facts;

/// <summary>What a process runs on.</summary>
internal enum ProcessRuntime
{
    /// <summary>No .NET.</summary>
    None,

    /// <summary>.NET, its runtime a library of its own.</summary>
    CoreClr,

    /// <summary>.NET, its runtime in the program: a single file, or NativeAOT.</summary>
    InProgram,

    /// <summary>.NET Framework.</summary>
    Framework,
}
