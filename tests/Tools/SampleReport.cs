using CrashHandler.Handler.Reports;

namespace CrashHandler.Tests.Tools;

/// <summary>A report for tests that need one.</summary>
internal static class SampleReport
{
    public static ReportRecord Pending(DateTimeOffset created, Guid? id = null, string? url = null) => new()
    {
        Id = (id ?? Guid.NewGuid()).ToString(),
        State = ReportState.Pending,
        Created = created,
        ProcessId = 7,
        ThreadId = 9,
        ProcessType = "main",
        Executable = "/bin/x",
        Reason = "SIGSEGV /SEGV_MAPERR",
        Signal = 11,
        Code = 1,
        Address = 0,
        Url = url,
        Parameters = new Dictionary<string, string> { ["prod"] = ".NET", ["ключ"] = "värde" },
    };

    /// <summary>Files a report with the given dump.</summary>
    public static ReportRecord File(ReportDatabase database, DateTimeOffset created, string? url = null, string dump = "MDMP…")
    {
        using PendingReport report = database.BeginReport();
        report.Dump.Write(System.Text.Encoding.UTF8.GetBytes(dump));
        ReportRecord record = Pending(created, report.Id, url);
        report.Commit(record);
        return database.Find(record.Id)!;
    }

    /// <summary>A report by its id, or null.</summary>
    public static ReportRecord? Find(this ReportDatabase database, string id) => database.List().SingleOrDefault(report => report.Id == id);
}
