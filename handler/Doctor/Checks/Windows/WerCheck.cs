using CrashHandler.Handler.Doctor.Facts;

namespace CrashHandler.Handler.Doctor.Checks;

/// <summary>Whether Windows Error Reporting has our library asked: by it alone are seen __fastfail and the abort of a C runtime that is linked in.</summary>
internal static class WerCheck
{
    private const string Check = "wer";

    /// <summary>Judges.</summary>
    public static Finding Evaluate(WerFacts facts)
    {
        const string Unseen = "__fastfail (a damaged heap, an overrun buffer), and abort of a C runtime that is linked into a library, are not reported; all else is.";
        return facts.IsOff
            ? Finding.Warning(Check, "Windows Error Reporting is switched off", Unseen, "Have it on: 'Enable-WindowsErrorReporting' in PowerShell, as administrator, or by the group policy that switches it off.")
            : facts.IsNamed
            ? Finding.Ok(Check, $"'{facts.Library}' is named in RuntimeExceptionHelperModules")
            : Finding.Warning(
                Check,
                $"'{facts.Library}' is not named in RuntimeExceptionHelperModules",
                Unseen,
                $"Have the installer write it, or as administrator: reg add \"HKLM\\{WerFacts.Modules}\" /v \"{facts.Library}\" /t REG_DWORD /d 0");
    }
}
