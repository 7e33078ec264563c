namespace CrashHandler.Handler.Exec;

/// <summary>The startup hook beside this executable.</summary>
internal static class HookLibrary
{
    /// <summary>File name of the hook.</summary>
    public const string FileName = "CrashHandler.StartupHook.dll";

    /// <summary>Absolute path of the hook, whether it is there or not.</summary>
    public static string Path => System.IO.Path.Combine(AppContext.BaseDirectory, FileName);
}
