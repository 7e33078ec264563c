using CrashHandler.Handler.Doctor.Facts;

namespace CrashHandler.Handler.Doctor.Gathering;

/// <summary>What an environment says to a .NET runtime.</summary>
internal static class EnvironmentLook
{
    // What switches a runtime's diagnostics port off, when it is 0.
    private static readonly string[] s_switches = ["EnableDiagnostics", "EnableDiagnostics_IPC"];
    private static readonly string[] s_prefixes = ["DOTNET_", "COMPlus_"];

    /// <summary>Of diagnostics.</summary>
    /// <param name="whose">The process it is of, in words.</param>
    /// <param name="variable">Its variables.</param>
    public static DiagnosticsFacts Diagnostics(string whose, Func<string, string?> variable) => new(
        whose,
        [.. s_prefixes.SelectMany(prefix => s_switches.Select(name => prefix + name)).Where(name => variable(name) == "0").Select(name => $"{name}=0")],
        s_prefixes.Any(prefix => variable($"{prefix}DbgEnableMiniDump") == "1"));
}
