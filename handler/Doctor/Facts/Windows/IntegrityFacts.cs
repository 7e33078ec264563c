namespace CrashHandler.Handler.Doctor.Facts;

/// <summary>With what rights this process runs.</summary>
/// <param name="User">Its user's SID.</param>
/// <param name="IsElevated">Whether it has its administrator's rights.</param>
/// <param name="Level">Its integrity level, as the last part of a SID.</param>
internal sealed record IntegrityFacts(string User, bool IsElevated, uint Level)
{
    /// <summary>SECURITY_MANDATORY_MEDIUM_RID: what an ordinary process has.</summary>
    public const uint Medium = 0x2000;

    // SECURITY_MANDATORY_LOW_RID, SECURITY_MANDATORY_HIGH_RID, SECURITY_MANDATORY_SYSTEM_RID
    private const uint Low = 0x1000, High = 0x3000, System = 0x4000;

    /// <summary>The level in words.</summary>
    public string LevelName => Level switch { < Low => "untrusted", < Medium => "low", < High => "medium", < System => "high", _ => "system" };

    /// <summary>Elevation in words.</summary>
    public static string Describe(bool isElevated) => isElevated ? "elevated" : "not elevated";
}
