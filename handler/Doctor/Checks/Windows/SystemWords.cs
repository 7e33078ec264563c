namespace CrashHandler.Handler.Doctor.Checks;

/// <summary>What checks of both systems say of Windows.</summary>
internal static class SystemWords
{
    /// <summary>As whom one sees more.</summary>
    public const string MoreRights = "as administrator";

    /// <summary>What a file of the installation needs besides its place.</summary>
    public const string OfFiles = " A security program may have put them into quarantine.";

    public const string SetClock = "Have it set by the time service ('w32tm /resync'), on the host of a container.";

    public const string CheckNames = "Check the host's name ('nslookup HOST') and the network.";

    /// <summary>Where the certificates are that are trusted.</summary>
    public const string TrustedCertificates = "'certutil -store Root'; a proxy's own belongs there, too";

    /// <summary>Whose libraries are loaded into another process of ours.</summary>
    public const string TrustedOwners = "administrators or the process's user";

    public const string GiveToOwner = "Give it to the administrators ('takeown /a /f FILE'), and let nobody else write it ('icacls FILE').";
}
