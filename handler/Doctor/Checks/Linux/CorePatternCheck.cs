namespace CrashHandler.Handler.Doctor.Checks;

/// <summary>Who else is told of a crash (core(5)).</summary>
internal static class CorePatternCheck
{
    private const string Check = "core_pattern";

    /// <summary>Judges.</summary>
    /// <param name="pattern">kernel.core_pattern; null: it cannot be read.</param>
    public static Finding Evaluate(string? pattern) => pattern switch
    {
        null => Finding.NotApplicable(Check, "it cannot be read"),
        "" => Finding.Ok(Check, "empty: nobody else catches crashes"),
        ['|', .. string program] => Finding.Ok(
            Check, $"piped to '{program.Split(' ')[0]}'", "It catches crashes too, after this one: a process ends as it would have without us. IgnoreSystemCrashHandler keeps its crashes from it."),
        _ => Finding.Ok(Check, $"'{pattern}': a file, if RLIMIT_CORE allows one"),
    };
}
