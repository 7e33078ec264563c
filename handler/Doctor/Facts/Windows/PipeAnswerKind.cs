namespace CrashHandler.Handler.Doctor.Facts;

/// <summary>What came of connecting to a pipe.</summary>
internal enum PipeAnswerKind
{
    /// <summary>There is no such pipe.</summary>
    Absent,

    /// <summary>A handler answered.</summary>
    Answered,

    /// <summary>Somebody has it whom this process does not trust, or who does not let this process in.</summary>
    Refused,

    /// <summary>Somebody has it who does not answer.</summary>
    Silent,
}
