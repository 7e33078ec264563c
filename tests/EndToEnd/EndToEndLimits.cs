namespace CrashHandler.Tests.EndToEnd;

/// <summary>Every limit of the end-to-end tests.</summary>
internal static class EndToEndLimits
{
    /// <summary>For anything a process is expected to do: hundreds of times what it needs, since two cores may run every room's tests at once.</summary>
    public static readonly TimeSpan Deadline = TimeSpan.FromSeconds(60);

    /// <summary>Between two looks at something that only polling can see.</summary>
    public static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(20);
}
