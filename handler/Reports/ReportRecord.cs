using System.Text.Json;
using System.Text.Json.Serialization;

namespace CrashHandler.Handler.Reports;

/// <summary>What is known of a report, beside its dump: the file <c>ID.json</c>. Its presence is what makes a dump a report.</summary>
internal sealed record ReportRecord
{
    /// <summary>Version of this shape; a reader keeps members it does not know.</summary>
    public const int CurrentVersion = 1;

    // Not init: where a file lacks them, source-generated JSON would give init members their type's default instead of ours.
    public int Version { get; set; } = CurrentVersion;

    /// <summary>A UUID in its usual form; the dump is <c>ID.dmp</c>.</summary>
    public required string Id { get; init; }

    public required ReportState State { get; init; }

    /// <summary>Time of the crash, UTC.</summary>
    public required DateTimeOffset Created { get; init; }

    /// <summary>Pid as the process saw itself.</summary>
    public required int ProcessId { get; init; }

    /// <summary>Tid of the crashed thread, likewise.</summary>
    public required int ThreadId { get; init; }

    public required string ProcessType { get; init; }

    /// <summary>Absolute path.</summary>
    public required string Executable { get; init; }

    /// <summary>Such as <c>SIGSEGV /SEGV_MAPERR</c>.</summary>
    public required string Reason { get; init; }

    public required int Signal { get; init; }

    /// <summary><c>si_code</c>.</summary>
    public required int Code { get; init; }

    /// <summary>Faulting address, where the signal has one.</summary>
    public required ulong Address { get; init; }

    /// <summary>The .NET exception that nobody caught; null: the process said of none.</summary>
    public ReportException? Exception { get; init; }

    /// <summary>The grouping key; null: nothing meaningful is known, or nobody looked.</summary>
    public string? Signature { get; init; }

    /// <summary>Where the managed part of <c>ID.managed.json</c> comes from: a name of <c>StackSource</c>; null: there is no such file.</summary>
    public string? ManagedSource { get; init; }

    /// <summary>Why there is no managed part, or only what the process said itself; null: there is, or the process is not a .NET one.</summary>
    public string? ManagedProblem { get; init; }

    /// <summary>Why the process asked for it, in its own words; null: it died.</summary>
    public string? CaptureReason { get; init; }

    /// <summary>How the process ended, of which no notice came; null: it told of its death, or asked for its report.</summary>
    public ReportEnd? End { get; init; }

    /// <summary>Whether there was anything to be dumped. Where not, <c>ID.dmp</c> is empty, and guards the report all the same.</summary>
    public bool HasDump { get; set; } = true;

    /// <summary>How long the threads of a process that asked for it stood still; null: it died.</summary>
    public double? FrozenMilliseconds { get; init; }

    /// <summary>How the process's memory was had, such as <c>Frozen</c> or <c>NoticeOnly</c>; empty: by a handler that did not say.</summary>
    public string Access { get; set; } = "";

    /// <summary>How it is sent. Its headers may be credentials, as its URL may hold some: neither is shown as it is.</summary>
    public ReportDelivery Delivery { get; set; } = new();

    /// <summary>Files that are sent with it: their names in <c>attachments/ID/</c>.</summary>
    public IReadOnlyList<string> Attachments { get; set; } = [];

    /// <summary>Everything that is sent with it.</summary>
    public required IReadOnlyDictionary<string, string> Parameters { get; init; }

    /// <summary>What could not be read or was cut.</summary>
    public IReadOnlyList<string> SoftErrors { get; set; } = [];

    /// <summary>Whether of stacks and registers only pointers and small numbers are in the dump.</summary>
    public bool IsSanitized { get; init; }

    /// <summary>Whether the process's environment is in the dump.</summary>
    public bool HasEnvironment { get; init; }

    /// <summary>Bytes of the dump; 0: not known. One that is shorter was cut off by a power cut.</summary>
    public long DumpBytes { get; set; }

    /// <summary>From the notice to the end of the snapshot; the dump is not written yet.</summary>
    public double CaptureMilliseconds { get; init; }

    /// <summary>Attempts that a server answered; no answer at all is none.</summary>
    public int Attempts { get; init; }

    /// <summary>Tries that no server answered: they never give a report up, but make the delays longer.</summary>
    public int Unanswered { get; init; }

    public string? LastError { get; init; }

    public DateTimeOffset? LastAttempt { get; init; }

    /// <summary>Not before; null: as soon as can be.</summary>
    public DateTimeOffset? NextAttempt { get; init; }

    public DateTimeOffset? UploadedAt { get; init; }

    /// <summary>What the server calls it.</summary>
    public string? ServerId { get; init; }

    /// <summary>The server's whole answer, trimmed, at most 4 KiB.</summary>
    public string? ServerAnswer { get; init; }

    /// <summary>Somebody asked for its upload: sent even when uploads are off.</summary>
    public bool ExplicitRequest { get; init; }

    /// <summary>Members of a later version; they survive a rewrite.</summary>
    [JsonExtensionData]
    public Dictionary<string, JsonElement>? Unknown { get; set; }
}
