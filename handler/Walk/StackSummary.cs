using CrashHandler.Handler.Stacks;
using CrashHandler.Handler.Stacks.Document;

namespace CrashHandler.Handler.Walk;

/// <summary>What a report's record and parameters say of its document.</summary>
/// <param name="Source">See <see cref="StackDocument.Source"/>.</param>
/// <param name="Problem">See <see cref="StackDocument.Problem"/>.</param>
/// <param name="Signature">See <see cref="StackDocument.Signature"/>.</param>
/// <param name="ExceptionType">Of <see cref="StackDocument.Exception"/>.</param>
/// <param name="ExceptionMessage">Likewise.</param>
internal sealed record StackSummary(StackSource Source, string? Problem, string? Signature, string? ExceptionType, string? ExceptionMessage)
{
    /// <summary>Of a document that was made here.</summary>
    public static StackSummary Of(StackDocument document) => new StackSummary(
        document.Source, document.Problem, document.Signature, document.Exception?.Type, document.Exception?.Message).Shortened();

    /// <summary>Each text as long as a parameter may be.</summary>
    public StackSummary Shortened() => this with
    {
        Problem = Cut(Problem),
        Signature = Cut(Signature),
        ExceptionType = Cut(ExceptionType),
        ExceptionMessage = Cut(ExceptionMessage),
    };

    private static string? Cut(string? text) => text is null ? null : Utf8Text.Cut(text, StacksLimits.ParameterMessageBytes);
}
