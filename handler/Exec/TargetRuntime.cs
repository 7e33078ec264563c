namespace CrashHandler.Handler.Exec;

/// <summary>What .NET there is in a program, or in a process.</summary>
internal enum TargetRuntime
{
    /// <summary>No .NET.</summary>
    None,

    /// <summary>CoreCLR, from its library or in a single-file executable.</summary>
    CoreClr,

    /// <summary>Compiled ahead of time: nothing can be loaded into it.</summary>
    NativeAot,
}
