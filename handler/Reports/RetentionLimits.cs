namespace CrashHandler.Handler.Reports;

/// <summary>How much of a database is kept.</summary>
/// <param name="MaxAge">Since the crash; of something in quarantine, since it was put there.</param>
/// <param name="MaxBytes">Of all reports with everything that belongs to them, and of the quarantine.</param>
/// <param name="MaxReports">Reports; and as many things in quarantine.</param>
internal sealed record RetentionLimits(TimeSpan MaxAge, long MaxBytes, int MaxReports)
{
    /// <summary>What holds unless somebody says otherwise.</summary>
    public static RetentionLimits Default { get; } = Of(null, null, null);

    /// <summary>As people say it; null: the default.</summary>
    /// <param name="days">At most <see cref="ReportsLimits.MostDays"/>.</param>
    /// <param name="mebibytes">Likewise in MiB.</param>
    /// <param name="reports">Their number.</param>
    public static RetentionLimits Of(int? days, int? mebibytes, int? reports) => new(
        TimeSpan.FromDays(days ?? ReportsLimits.KeptDays), (long)(mebibytes ?? ReportsLimits.KeptMebibytes) << 20, reports ?? ReportsLimits.KeptReports);
}
