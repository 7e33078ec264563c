namespace CrashHandler.Handler.Daemon;

/// <summary>The form's <c>platform</c>, as Node spells it, which is how Electron's document does.</summary>
internal static class PlatformName
{
    public const string Value = "win32";
}
