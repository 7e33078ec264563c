using Serilog;
using Serilog.Core;

namespace CrashHandler.Handler.Daemon;

/// <summary>The handler's log: a rolling, bounded file in the database's directory.</summary>
internal static class HandlerLog
{
    /// <summary>Name of the newest file; older ones are numbered.</summary>
    public const string FileName = "handler.log";

    private const string Template = "{Timestamp:yyyy-MM-dd HH:mm:ss.fff zzz} {Level:u3} {Handler} {Message:lj}{NewLine}{Exception}";

    /// <summary>Opens it.</summary>
    public static Logger Open(string database) => new LoggerConfiguration()
        .MinimumLevel.Information()
        .Enrich.WithProperty("Handler", Environment.ProcessId)
        .WriteTo.File(
            Path.Combine(database, FileName),
            outputTemplate: Template,
            fileSizeLimitBytes: DaemonLimits.LogFileBytes,
            rollOnFileSizeLimit: true,
            retainedFileCountLimit: DaemonLimits.LogFiles)
        .CreateLogger();
}
