using CrashHandler.Handler.Doctor.Facts;

namespace CrashHandler.Handler.Doctor.Checks;

/// <summary>Whether reports can be kept.</summary>
internal static class DirectoryCheck
{
    private const string Check = "database";

    /// <summary>Judges.</summary>
    /// <param name="facts">Of the directory; null: none was named, and not just one was found.</param>
    public static Finding Evaluate(DirectoryFacts? facts)
    {
        if (facts is null)
        {
            return Finding.NotApplicable(Check, "not just one was found; name it with --database DIR");
        }

        string found = $"'{facts.Path}'";
        return !facts.Exists
            ? facts.WhyNotWritable is { } reason
                ? Finding.Problem(Check, $"{found} does not exist and cannot be made: {reason}", "No handler starts on it.", "Make it, for this user alone; or name another one.")
                : Finding.Ok(Check, $"{found} does not exist yet; it will be made")
            : !facts.IsDirectory
            ? Finding.Problem(Check, $"{found} is not a directory", "No handler starts on it.", "Move it away, or name another one.")
            : facts.OtherOwner is { } owner
            ? Finding.Problem(
                Check,
                $"{found} belongs to {owner}",
                "A handler refuses a directory of somebody else; what an elevated process makes belongs to the administrators.",
                $"Name a directory of this user, or take it, with an elevated prompt: icacls \"{facts.Path}\" /setowner %USERNAME% /t")
            : facts.WhyNotWritable is { } why
            ? Finding.Problem(Check, $"{found} cannot be written: {why}", "No report can be kept.", $"Give its user the right to change it ('icacls \"{facts.Path}\"' shows who has it), or name another one.")
            : facts.IsWritableByOthers
            ? Finding.Warning(Check, $"{found} may be changed by others", "Others may put files there, or take them away; a handler refuses it if it has other files.", $"icacls \"{facts.Path}\" /inheritance:r /grant:r \"%USERNAME%:(OI)(CI)F\" \"SYSTEM:(OI)(CI)F\"")
            : Finding.Ok(Check, $"{found}, of this user alone");
    }
}
