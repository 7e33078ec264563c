namespace CrashHandler.Handler.Posix;

/// <summary>When memory runs out, Windows refuses it to who asks and kills nobody.</summary>
internal static class OomScore
{
    /// <summary>Nothing to take back.</summary>
    public static void Reset(Action<string> problem)
    {
    }
}
