namespace CrashHandler.Protocol;

/// <summary>
/// What an attached process says of its attachment, in the file that <see cref="EnvironmentNames.AttachResult"/> names: one line, empty when all is
/// well, else what is degraded, or what failed.
/// </summary>
public static class AttachResults
{
    /// <summary>Begins the line of a process that is not attached.</summary>
    public const string Failed = "failed: ";

    /// <summary>The line of an outcome. It ends in a line feed, so that a reader knows a whole one.</summary>
    public static string Line(string outcome) => outcome.ReplaceLineEndings(" ") + "\n";
}
