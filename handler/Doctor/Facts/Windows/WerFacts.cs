namespace CrashHandler.Handler.Doctor.Facts;

/// <summary>What Windows Error Reporting knows of us.</summary>
/// <param name="Library">Absolute path of the crashhandler.dll that it should know.</param>
/// <param name="IsNamed">Whether a value of that name is in RuntimeExceptionHelperModules.</param>
/// <param name="IsOff">Whether it is switched off.</param>
internal sealed record WerFacts(string Library, bool IsNamed, bool IsOff)
{
    /// <summary>The key of the registry, below HKLM or HKCU.</summary>
    public const string Modules = @"SOFTWARE\Microsoft\Windows\Windows Error Reporting\RuntimeExceptionHelperModules";
}
