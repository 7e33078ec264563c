namespace CrashHandler.Handler.Reports;

/// <summary>Which limit takes something away.</summary>
internal enum RemovalReason
{
    Age,
    Count,
    Size,
}
