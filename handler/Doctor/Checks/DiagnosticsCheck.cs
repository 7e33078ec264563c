using CrashHandler.Handler.Doctor.Facts;

namespace CrashHandler.Handler.Doctor.Checks;

/// <summary>What the environment switches off in a runtime.</summary>
internal static class DiagnosticsCheck
{
    private const string Check = "diagnostics";

    /// <summary>Judges.</summary>
    public static Finding Evaluate(DiagnosticsFacts? facts) => facts switch
    {
        null => Finding.NotApplicable(Check, "its environment cannot be read"),
        { Off.Count: > 0 } => Finding.Warning(
            Check,
            $"{string.Join(", ", facts.Off)} in the environment of {facts.Whose}",
            "The runtime has no diagnostics port: 'crash-handler attach' and heap dumps do not work. Reports of crashes are not touched.",
            "Unset it, or set DOTNET_EnableDiagnostics_IPC=1."),
        { CreateDump: true } => Finding.Ok(
            Check, $"DOTNET_DbgEnableMiniDump in the environment of {facts.Whose}", "The runtime's createdump writes a core file of its own at a crash, beside the report: time and disk."),
        _ => Finding.Ok(Check, $"nothing is switched off in the environment of {facts.Whose}"),
    };
}
