namespace CrashHandler.Handler.Doctor.Facts;

/// <summary>What came of the attempts.</summary>
/// <param name="Attempts">Those that were made, in their order.</param>
/// <param name="Trouble">Why not all were made; null: they were.</param>
internal sealed partial record AttemptFacts(IReadOnlyList<Attempt> Attempts, string? Trouble = null)
{
    /// <summary>Those that did not work.</summary>
    public IEnumerable<Attempt> Refused => Attempts.Where(attempt => !attempt.Worked);

    /// <summary>Whether a call did not work.</summary>
    public bool Refuses(string call) => Refused.Any(attempt => attempt.Call == call);
}
