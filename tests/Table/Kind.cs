namespace CrashHandler.Tests.Table;

/// <summary>A row of the table: a way to die, or to survive.</summary>
/// <param name="Name">The victim's argument.</param>
/// <param name="Reasons">The report's reason: signal and code; empty: no report, the victim lives on. Two where the kernel's answer depends on the thread.</param>
/// <param name="Place">Where the fault address must lie.</param>
internal sealed record Kind(string Name, string[] Reasons, FaultPlace Place = FaultPlace.None)
{
    /// <summary>Number of the signal that is sent from outside, 0: none.</summary>
    public int Sent { get; init; }

    /// <summary>How often it is sent. The last one may kill.</summary>
    public int Times { get; init; }

    /// <summary>Whether a program without .NET can do it.</summary>
    public bool IsNative { get; init; }

    /// <summary>What the victim says on standard error, of itself: so it died of what it was told to. Empty: nothing; null: that differs from runtime to runtime.</summary>
    public string? Says { get; init; }

    /// <summary>Type of the exception that nobody catches; null: there is none.</summary>
    public string? Exception { get; init; }

    /// <summary>The report's reason where a runtime does not survive it after all; null: every one does.</summary>
    public string? IfNotSurvived { get; init; }

    /// <summary>Whether it catches exceptions, as many as its <see cref="Cell"/> says.</summary>
    public bool Catches => Name.StartsWith("caught", StringComparison.Ordinal);

    /// <summary>Whether every runtime dies of it.</summary>
    public bool IsDeath => Reasons.Length > 0;

    /// <summary>The thirteen kinds, and what is survived.</summary>
    public static readonly Kind[] All =
    [
        new("unhandled-main", ["SIGABRT /SI_TKILL"]) { Says = "the victim's exception", Exception = "System.InvalidOperationException" },
        new("unhandled-thread", ["SIGABRT /SI_TKILL"]) { Says = "the victim's exception", Exception = "System.InvalidOperationException" },
        new("unhandled-null", ["SIGSEGV /SEGV_MAPERR"], FaultPlace.Null) { Says = "System.NullReferenceException", Exception = "System.NullReferenceException" },
        new("fail-fast", ["SIGABRT /SI_TKILL"]) { Says = "the victim's FailFast" },
        new("overflow-main", ["SIGSEGV /SEGV_MAPERR", "SIGSEGV /SEGV_ACCERR"], FaultPlace.BelowStack) { IsNative = true },
        new("overflow-thread", ["SIGSEGV /SEGV_ACCERR", "SIGSEGV /SEGV_MAPERR"], FaultPlace.BelowStack) { IsNative = true },
        new("native-fault", ["SIGSEGV /SEGV_MAPERR"], FaultPlace.AsTold) { IsNative = true, Says = "" },
        new("managed-pointer", ["SIGSEGV /SEGV_MAPERR"], FaultPlace.AsTold) { Says = "protected memory" },
        new("native-abort", ["SIGABRT /SI_TKILL"]) { IsNative = true, Says = "" },
        new("segv-sent-twice", ["SIGSEGV /SI_USER"]) { Sent = 11, Times = 2, IsNative = true, Says = "" },
        new("fpe-raised-twice", ["SIGFPE /SI_TKILL"]) { IsNative = true, Says = "" },
        new("raised-trap", ["SIGTRAP /SI_TKILL"]) { IsNative = true, Says = "" },
        new("native-bus", ["SIGBUS /BUS_ADRERR"], FaultPlace.AsTold) { IsNative = true, Says = "" },
        new("segv-sent-once", []) { Sent = 11, Times = 1, Says = "" },
        new("abrt-sent-once", []) { Sent = 6, Times = 1, Says = "", IfNotSurvived = "SIGABRT /SI_USER" }, // NativeAOT handles no SIGABRT
        new("fpe-sent-once", []) { Sent = 8, Times = 1, Says = "" },
        new("caught", []) { Says = "" },
        new("caught-then-fail-fast", ["SIGABRT /SI_TKILL"]) { Says = "the victim's FailFast" },
    ];
}
