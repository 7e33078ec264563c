namespace CrashHandler.Tests.Windows;

/// <summary>The limits of the tests under Wine.</summary>
internal static class WindowsTestLimits
{
    /// <summary>How long a Windows program may run: a dump of a .NET process takes Wine half a minute, and several may wait for each other.</summary>
    public static readonly TimeSpan Run = TimeSpan.FromMinutes(8);

    /// <summary>For Wine's server to end, which was told to end all of its processes: seconds.</summary>
    public static readonly TimeSpan ServersEnd = TimeSpan.FromMinutes(1);
}
