using CrashHandler.Handler.Doctor.Facts;

namespace CrashHandler.Handler.Doctor.Checks;

/// <summary>Whether reports can be kept.</summary>
internal static class DatabaseCheck
{
    private const string Check = "database";
    private const uint Root = 0;
    private const int GroupAndOthers = 0x3F, OthersWrite = 0x12;

    /// <summary>Judges.</summary>
    /// <param name="facts">Of the directory; null: none was named, and not just one was found.</param>
    public static Finding Evaluate(DatabaseFacts? facts)
    {
        if (facts is null)
        {
            return Finding.NotApplicable(Check, "not just one was found; name it with --database DIR");
        }

        string found = $"'{facts.Path}'";
        if (!facts.Exists)
        {
            return facts.WhyNotWritable is { } reason
                ? Finding.Problem(Check, $"{found} does not exist and cannot be made: {reason}", "No handler starts on it.", $"Make it, for user {facts.User}, with mode 0700; or name another one.")
                : Finding.Ok(Check, $"{found} does not exist yet; it will be made");
        }

        if (!facts.IsDirectory)
        {
            return Finding.Problem(Check, $"{found} is not a directory", "No handler starts on it.", "Move it away, or name another one.");
        }

        if (facts.Owner != facts.User && facts.User == Root)
        {
            return Finding.Warning(
                Check,
                $"{found} belongs to user {facts.Owner}, and this is root",
                "What is found here holds for root, not for the handler of that user.",
                $"Ask as user {facts.Owner}, where the handler runs.");
        }

        if (facts.Owner != facts.User)
        {
            return Finding.Problem(
                Check,
                $"{found} belongs to user {facts.Owner}, and this is user {facts.User}",
                "A handler refuses a directory of somebody else.",
                $"Run as user {facts.Owner}, or name a directory of this user.");
        }

        if (facts.WhyNotWritable is { } why)
        {
            return Finding.Problem(Check, $"{found} cannot be written: {why}", "No report can be kept.", "Give its user the right to write (chmod u+rwx), mount it for writing, or name another one.");
        }

        return (facts.Mode & OthersWrite) != 0
            ? Finding.Warning(Check, $"{found} has mode {Octal(facts.Mode)}", "Others may put files there, or take them away.", $"chmod go-w '{facts.Path}'")
            : Finding.Ok(Check, $"{found}, mode {Octal(facts.Mode)}, of this user", (facts.Mode & GroupAndOthers) != 0 ? "Others may see names there; what is in reports they may not." : null);
    }

    private static string Octal(int mode) => Convert.ToString(mode, 8).PadLeft(4, '0');
}
