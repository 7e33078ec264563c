namespace CrashHandler.Handler.Doctor.Checks;

/// <summary>Names in a finding.</summary>
internal static class Names
{
    /// <summary>The first few, and how many more there are.</summary>
    public static string List(IReadOnlyList<string> names)
        => string.Join(", ", names.Take(DoctorLimits.ListedNames).Select(name => $"'{name}'"))
            + (names.Count > DoctorLimits.ListedNames ? $" and {names.Count - DoctorLimits.ListedNames} more" : "");
}
