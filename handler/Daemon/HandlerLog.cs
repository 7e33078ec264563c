using Serilog;
using Serilog.Core;

namespace CrashHandler.Handler.Daemon;

/// <summary>The log of every handler of a database: a rolling, bounded file in its directory.</summary>
internal static class HandlerLog
{
    /// <summary>Name of the newest file; older ones have <c>.1</c>, <c>.2</c> behind it.</summary>
    public const string FileName = "handler.log";

    private const string Template = "{Timestamp:yyyy-MM-dd HH:mm:ss.fff zzz} {Level:u3} {Handler} {Message:lj}";

    /// <summary>Opens it.</summary>
    public static Logger Open(string database) => new LoggerConfiguration()
        .MinimumLevel.Information()
        .Enrich.WithProperty("Handler", Environment.ProcessId)
        .WriteTo.Sink(new SharedLogFile(Path.Combine(database, FileName), Template, DaemonLimits.LogFileBytes, DaemonLimits.LogFiles))
        .CreateLogger();
}
