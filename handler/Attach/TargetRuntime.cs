namespace CrashHandler.Handler.Attach;

/// <summary>What runs in a process.</summary>
internal enum TargetRuntime
{
    /// <summary>No .NET.</summary>
    None,

    /// <summary>CoreCLR, from libcoreclr.so or in a single-file executable.</summary>
    CoreClr,

    /// <summary>Compiled ahead of time: nothing can be loaded into it.</summary>
    NativeAot,
}
