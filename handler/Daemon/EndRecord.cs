using System.Globalization;
using CrashHandler.Handler.Reports;
using CrashHandler.Handler.Stacks;

namespace CrashHandler.Handler.Daemon;

/// <summary>The record of a process that ended without a word: what it registered, and what was last known of it.</summary>
internal static partial class EndRecord
{
    // What the process's memory was had by: nothing.
    private const string NoAccess = "None";

    private const string Prefix = "end.";

    /// <summary>Adds what a server, which gets no dump, is told of it. An application's extra of the same name stays.</summary>
    public static Dictionary<string, string> With(
        IReadOnlyDictionary<string, string> parameters, AbnormalEnd end, ReportEnd evidence, ReportException? exception, bool leavesOutMessages)
    {
        Dictionary<string, string> all = new(parameters);
        Add(all, Prefix + "reason", end.Reason);
        AddNumber(all, end);
        Add(all, Prefix + "oom_kills", evidence.OomKills);
        Add(all, Prefix + "memory", evidence.Resident);
        Add(all, Prefix + "memory_peak", evidence.ResidentPeak);
        Add(all, Prefix + "memory_limit", evidence.CgroupLimit);
        Add(all, ReportParameters.ExceptionType, exception is null ? null : Utf8Text.Cut(exception.Type, StacksLimits.ParameterMessageBytes));
        Add(all, ReportParameters.ExceptionMessage, exception is null || leavesOutMessages ? null : Utf8Text.Cut(exception.Message, StacksLimits.ParameterMessageBytes));
        return all;
    }

    /// <summary>The record.</summary>
    public static ReportRecord Of(
        Guid id, EndedProcess ended, ReportEnd evidence, IReadOnlyDictionary<string, string> parameters, IReadOnlyList<string> attachments,
        IReadOnlyList<string> problems, ReportDelivery delivery, ReportException? exception) => new()
        {
            Id = id.ToString(),
            State = ReportState.Pending,
            HasDump = false,
            End = evidence,
            Access = NoAccess,
            Created = ended.Time,
            ProcessId = ended.Known.OwnId,
            ThreadId = 0,
            ProcessType = parameters[ReportParameters.ProcessType],
            Executable = ended.Known.Executable,
            Reason = ended.End.Reason,
            Signal = ended.End.Signal,
            Code = 0,
            Address = 0,
            Exception = exception,
            Delivery = delivery,
            Attachments = attachments,
            Parameters = parameters,
            SoftErrors = problems,
        };

    /// <summary>What this system says of how a process ended.</summary>
    private static partial void AddNumber(Dictionary<string, string> parameters, AbnormalEnd end);

    private static void Add(Dictionary<string, string> parameters, string key, long? value) => Add(parameters, key, value?.ToString(CultureInfo.InvariantCulture));

    private static void Add(Dictionary<string, string> parameters, string key, string? value)
    {
        if (value is not null)
        {
            parameters.TryAdd(key, value);
        }
    }
}
