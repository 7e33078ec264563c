namespace CrashHandler.Handler.Attach;

/// <summary>What to do about a process that cannot be attached.</summary>
internal static class AttachAdvice
{
    public const string NoRuntime = "run the program under 'crash-handler exec'";

    public const string NativeAot = "run it under 'crash-handler exec', or have it call CrashReporter.Start";

    public const string TooOld = "use 'crash-handler exec' or CrashReporter.Start";

    /// <summary>Where its port was looked for, and why it may not be there.</summary>
    public static string NoPort(AttachTarget target) => $" in '{target.TempDirectory}': it was started with DOTNET_EnableDiagnostics=0 or changed its TMPDIR";
}
