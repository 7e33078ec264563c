using CrashHandler.Handler.Doctor.Facts;

namespace CrashHandler.Handler.Doctor.Checks;

/// <summary>Whether a process has its runtime's diagnostics port.</summary>
internal static class DiagnosticsPortCheck
{
    private const string Check = "diagnostics";

    /// <summary>Judges.</summary>
    /// <param name="target">The process.</param>
    public static Finding Evaluate(ExaminedProcess target)
        => target.HasDiagnosticsPort ? Finding.Ok(Check, $"process {target.ProcessId} has its diagnostics port")
            : target.Runtime is ProcessRuntime.CoreClr or ProcessRuntime.InProgram
            ? Finding.Warning(
                Check,
                $"process {target.ProcessId} has no diagnostics port",
                "Heap dumps are not made of it. Reports of crashes are not touched.",
                "Start it without DOTNET_EnableDiagnostics=0 and DOTNET_EnableDiagnostics_IPC=0.")
            : Finding.NotApplicable(Check, $"process {target.ProcessId} has no .NET runtime that can be seen");
}
