using CrashHandler.Handler.Daemon;
using CrashHandler.Handler.Reports;

namespace CrashHandler.Handler.Cli;

/// <summary>A database and the handler that runs on it, as <c>status</c> shows them.</summary>
internal sealed record DatabaseStatus
{
    /// <summary>Its directory.</summary>
    public required string Database { get; init; }

    /// <summary>What the handler says; null: none runs.</summary>
    public required StatusDocument? Handler { get; init; }

    /// <summary>Who allows uploads.</summary>
    public required UploadPermission Permission { get; init; }

    /// <summary>The application's choice.</summary>
    public required bool ApplicationUploads { get; init; }

    /// <summary>The operator's.</summary>
    public required bool OperatorUploads { get; init; }

    /// <summary>Whole reports in each state.</summary>
    public required IReadOnlyDictionary<ReportState, int> Reports { get; init; }

    /// <summary>What it takes of its disk.</summary>
    public required DatabaseUsage Usage { get; init; }

    /// <summary>Handlers that ended out of order, newest first.</summary>
    public required IReadOnlyList<HandlerDeath> HandlerDeaths { get; init; }

    /// <summary>Reports that wait: as the handler's queue knows, else as many as there are.</summary>
    public int Waiting => Handler?.Waiting ?? Reports.GetValueOrDefault(ReportState.Pending);

    /// <summary>Looks at a database.</summary>
    /// <exception cref="DatabaseException">There is none, or its settings are broken.</exception>
    public static DatabaseStatus Of(string path, StatusDocument? handler)
    {
        ReportDatabase database = ReportDatabase.OpenExisting(path);
        Task<IReadOnlyDictionary<ReportState, int>> reports = Task.Run(database.CountStates);
        DatabaseUsage usage = DatabaseUsage.Of(database.Path);
        return new DatabaseStatus
        {
            Database = database.Path,
            Handler = handler,
            Permission = database.Settings.UploadPermission,
            ApplicationUploads = database.Settings.Uploads,
            OperatorUploads = database.Settings.OperatorUploads,
            HandlerDeaths = HandlerRun.Deaths(database.Path),
            Usage = usage,
            Reports = reports.GetAwaiter().GetResult(),
        };
    }
}
