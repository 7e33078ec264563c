namespace CrashHandler.Handler.Export;

/// <summary>Every limit of an export, with its unit and reason.</summary>
internal static class ExportLimits
{
    /// <summary>Bytes copied at once: enough that system calls cost nothing, and few enough that Ctrl-C is answered at once.</summary>
    public const int CopyBytes = 1 << 20;
}
