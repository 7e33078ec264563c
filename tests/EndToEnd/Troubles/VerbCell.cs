namespace CrashHandler.Tests.EndToEnd.Troubles;

/// <summary>What a verb makes of a trouble; or, in words, why it has none of it.</summary>
internal readonly record struct VerbCell(VerbOutcome Outcome, string Why)
{
    public static implicit operator VerbCell(VerbOutcome outcome) => new(outcome, "");

    /// <summary>Not tried: its reason, in words.</summary>
    public static implicit operator VerbCell(string why) => new(VerbOutcome.Apart, why);
}
