using System.Reflection;

namespace CrashHandler.Handler.Daemon;

/// <summary>The handler's own version.</summary>
internal static class HandlerVersion
{
    /// <summary>Such as <c>0.1.0</c>, without the commit.</summary>
    public static string Text { get; } =
        typeof(HandlerVersion).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion.Split('+')[0] ?? "0.0.0";
}
