namespace CrashHandler.Protocol;

/// <summary>What Release says (protocol/README.md, "Frame types").</summary>
public enum ReleaseOutcome : uint
{
    /// <summary>The report is filed.</summary>
    Reported = 0,
    /// <summary>No report could be made; the handler's log says why.</summary>
    NotReported = 1,
}
