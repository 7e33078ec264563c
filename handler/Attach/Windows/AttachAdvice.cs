namespace CrashHandler.Handler.Attach;

/// <summary>What to do about a process that cannot be attached.</summary>
internal static class AttachAdvice
{
    public const string NoRuntime = "nothing can be loaded into it; 'crash-handler dump PID' writes a minidump of it";

    public const string NativeAot = "have it call CrashReporter.Start";

    public const string TooOld = "'crash-handler dump PID' writes a minidump of it";

    /// <summary>Why its port may not be there.</summary>
    public static string NoPort(AttachTarget target) => $" '{target.PortName}': it was started with DOTNET_EnableDiagnostics=0";
}
