namespace CrashHandler.Tests.EndToEnd.Troubles;

/// <summary>What a verb makes of a trouble.</summary>
internal enum VerbOutcome
{
    /// <summary>It is none to this verb, or another test has it; see <see cref="VerbCell.Why"/>.</summary>
    Apart,

    /// <summary>Done: exit code 0, nothing on standard error.</summary>
    Works,

    /// <summary>Done, and one line on standard error says what was left out.</summary>
    Complains,

    /// <summary>Likewise, a line for each of several things.</summary>
    ComplainsOfEach,

    /// <summary>Exit code 1, one line on standard error, nothing on standard output, nothing changed.</summary>
    Fails,

    /// <summary>As <see cref="Fails"/>, but what was asked for stays asked for: whoever can, does it later.</summary>
    FailsForNow,

    /// <summary>Exit code 2, one line on standard error, nothing on standard output, nothing changed.</summary>
    IsWrongUsage,

    /// <summary>Ended as SIGPIPE ends any tool: 141 to the shell, nothing on standard error. What it did beside writing is done.</summary>
    IsEnded,

    /// <summary>Exit code 1, a line on standard output for each thing that could not be done.</summary>
    SaysOfEach,

    /// <summary>Likewise, and one line on standard error says what was left out.</summary>
    SaysOfTheRest,
}
