namespace CrashHandler.Handler.Daemon;

/// <summary>process_type of a process that did not register one, such as a program without .NET. Its environment is not read for it: that is in its memory, at no documented place.</summary>
internal static class UnsaidProcessType
{
    /// <summary>Of a process that inherited its handler.</summary>
    public const string Child = "child";

    /// <summary>Whatever process it is.</summary>
    public static string Read(int processId, int ownId) => Child;
}
