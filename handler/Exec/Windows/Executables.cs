namespace CrashHandler.Handler.Exec;

/// <summary>The one executable: it has all verbs, and runs as a handler too.</summary>
internal static class Executables
{
    private const string Name = "crash-handler.exe";

    /// <summary>Its path.</summary>
    public static string Resident => Path.Combine(AppContext.BaseDirectory, Name);
}
