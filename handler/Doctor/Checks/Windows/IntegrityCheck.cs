using CrashHandler.Handler.Doctor.Facts;

namespace CrashHandler.Handler.Doctor.Checks;

/// <summary>Elevation and integrity level: whose processes may be looked into, and which handler serves whom.</summary>
internal static class IntegrityCheck
{
    private const string Check = "integrity";

    /// <summary>Judges.</summary>
    /// <param name="own">Of this process.</param>
    /// <param name="target">The process that is to be covered; null: none in particular.</param>
    public static Finding Evaluate(IntegrityFacts own, ExaminedProcess? target)
    {
        const string Meaning = "Elevated and ordinary processes of a user share the name of a database's pipe and refuse each other there: whose handler comes first keeps the other side's crashes from being reported.";
        const string Remedy = "Run all processes of the application elevated, or none; or give each side a database of its own (CrashesDirectory).";
        string found = $"user {own.User}, {IntegrityFacts.Describe(own.IsElevated)}, integrity {own.LevelName}";
        return own.Level < IntegrityFacts.Medium
            ? Finding.Problem(Check, found, "A process of less than medium integrity may hardly write anywhere, and look into no other process.", "Run the handler outside of that sandbox: 'crash-handler run --persistent', started by an ordinary process.")
            : target?.IsElevated is { } isElevated && isElevated != own.IsElevated
            ? (isElevated ? Finding.Problem(Check, $"{found}; process {target.ProcessId} is elevated", Meaning, Remedy) : Finding.Warning(Check, $"{found}; process {target.ProcessId} is not", Meaning, Remedy))
            : Finding.Ok(Check, found, own.IsElevated ? "Its handler serves elevated processes of this user, and ordinary ones refuse it." : "Its handler serves ordinary processes of this user, and no elevated ones.");
    }
}
