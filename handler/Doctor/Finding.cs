namespace CrashHandler.Handler.Doctor;

/// <summary>What one check found.</summary>
/// <param name="Check">Its name, by the term of the field.</param>
/// <param name="State">What it came to.</param>
/// <param name="Found">What there is.</param>
/// <param name="Meaning">What that means for reports; null: it goes without saying.</param>
/// <param name="Remedy">What to do about it; null: nothing is to be done.</param>
internal sealed record Finding(string Check, FindingState State, string Found, string? Meaning = null, string? Remedy = null)
{
    public static Finding Ok(string check, string found, string? meaning = null) => new(check, FindingState.Ok, found, meaning);

    public static Finding Warning(string check, string found, string meaning, string remedy) => new(check, FindingState.Warning, found, meaning, remedy);

    public static Finding Problem(string check, string found, string meaning, string remedy) => new(check, FindingState.Problem, found, meaning, remedy);

    public static Finding NotApplicable(string check, string found) => new(check, FindingState.NotApplicable, found);
}
