namespace CrashHandler.Handler.Doctor.Checks;

/// <summary>Whether Windows is new enough.</summary>
internal static class VersionCheck
{
    private const string Check = "windows";

    /// <summary>What is needed, 1709: files are replaced while they are open, and WerFault.exe tells what is fatal.</summary>
    private static readonly Version s_least = new(10, 0, 16299);

    /// <summary>Judges.</summary>
    /// <param name="version">As RtlGetVersion has it.</param>
    /// <param name="wine">Wine's version; null: this is Windows.</param>
    public static Finding Evaluate(Version version, string? wine)
    {
        string found = $"Windows {version.ToString(3)}";
        return wine is not null
            ? Finding.Ok(Check, $"{found}, as Wine {wine} has it", "Its version is a setting. Dumps take up to half a minute there, and have less in them; Windows Error Reporting is not there.")
            : version < s_least
            ? Finding.Problem(Check, found, $"Older than {s_least} (Windows 10 1709): what is called here is not all there.", "Run it on Windows 10 1709, Windows Server 2019 or later.")
            : Finding.Ok(Check, found);
    }
}
