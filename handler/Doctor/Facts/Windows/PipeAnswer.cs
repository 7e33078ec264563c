namespace CrashHandler.Handler.Doctor.Facts;

/// <summary>What came of connecting to a handler's pipe.</summary>
/// <param name="Address">The pipe.</param>
/// <param name="Kind">What came of it.</param>
/// <param name="HandlerId">Pid of the handler that answered; 0: none did.</param>
/// <param name="IsElevated">Whether that one is elevated; null: not known.</param>
/// <param name="Reason">Why none answered, in words.</param>
internal sealed record PipeAnswer(string Address, PipeAnswerKind Kind, int HandlerId = 0, bool? IsElevated = null, string Reason = "");
