namespace CrashHandler.Handler.Exec;

/// <summary>Every limit of this room that is both systems', with its unit and reason.</summary>
internal static class ExecLimits
{
    /// <summary>Bytes of an executable that are searched for the mark of its runtime: single-file applications reach 200 MB.</summary>
    public const long ExecutableBytes = 512L * 1024 * 1024;
}
