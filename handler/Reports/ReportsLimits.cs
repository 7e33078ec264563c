namespace CrashHandler.Handler.Reports;

/// <summary>Every limit of the database, with its unit and reason.</summary>
internal static class ReportsLimits
{
    /// <summary>Bytes of a record or settings file: 400 parameters of the longest kind, escaped, and room; more is no file of ours.</summary>
    public const int MaxJsonBytes = 32 << 20;
}
