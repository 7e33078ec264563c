namespace CrashHandler.Handler.Posix;

/// <summary>The process heap, which is one for all threads already, and gives back by itself.</summary>
internal static class Malloc
{
    /// <summary>Nothing to do.</summary>
    public static void ShareOneArena()
    {
    }
}
