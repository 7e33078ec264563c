using CrashHandler.Handler.Doctor.Facts;

namespace CrashHandler.Handler.Doctor.Checks;

/// <summary>Whether handlers can have their pipes, and clients reach them.</summary>
internal static class PipeCheck
{
    private const string Check = "pipe";

    /// <summary>Judges.</summary>
    public static Finding Evaluate(PipeFacts facts)
    {
        const string Sides = "Elevated and ordinary processes share that name and refuse each other: whoever has it keeps the other side's crashes from being reported.";
        const string Remedy = "End that process; run all processes of the application elevated, or none, or give each side a database of its own (CrashesDirectory).";
        List<PipeAnswer> handlers = [.. facts.Answers.Where(answer => answer.Kind == PipeAnswerKind.Answered)];
        string answering = handlers.Count switch
        {
            0 => "no handler answers",
            1 => $"handler {handlers[0].HandlerId} answers",
            _ => $"handlers {string.Join(", ", handlers.Select(handler => handler.HandlerId))} answer",
        };
        string found = facts.Address is null ? answering : $"'{facts.Address}'; {answering}";
        return First(PipeAnswerKind.Refused) is { } refused
            ? Finding.Problem(Check, $"'{refused.Address}' is another's: {refused.Reason}", $"Nobody of this user can be served there. {Sides}", Remedy)
            : First(PipeAnswerKind.Silent) is { } silent
            ? Finding.Problem(Check, $"{found}; nobody answers at '{silent.Address}': {silent.Reason}", $"That handler hangs, is suspended, or turns this process away: its clients' crashes are reported by handlers of their own, late. {Sides}", "End it in Task Manager ('crash-handler log' names its pid); the next one takes its place.")
            : handlers.Find(handler => handler.IsElevated is { } isElevated && isElevated != facts.IsElevated) is { } other
            ? Finding.Warning(Check, $"{found}; handler {other.HandlerId} is {IntegrityFacts.Describe(other.IsElevated!.Value)}, and this process is {IntegrityFacts.Describe(facts.IsElevated)}", Sides, Remedy)
            : Finding.Ok(Check, found);

        PipeAnswer? First(PipeAnswerKind kind) => facts.Answers.FirstOrDefault(answer => answer.Kind == kind);
    }
}
