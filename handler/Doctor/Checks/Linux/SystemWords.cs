namespace CrashHandler.Handler.Doctor.Checks;

/// <summary>What checks of both systems say of Linux.</summary>
internal static class SystemWords
{
    /// <summary>As whom one sees more.</summary>
    public const string MoreRights = "as root";

    /// <summary>What a file of the installation needs besides its place.</summary>
    public const string OfFiles = " Programs need 'chmod +x'.";

    public const string SetClock = "Have it set by NTP ('timedatectl set-ntp true'), on the host of a container.";

    public const string CheckNames = "Check the host's name, /etc/resolv.conf and the network; a container may need a --dns of its own.";

    /// <summary>Where the certificates are that are trusted.</summary>
    public const string TrustedCertificates = "SSL_CERT_FILE, SSL_CERT_DIR, ca-certificates";

    /// <summary>Whose libraries are loaded into another process of ours.</summary>
    public const string TrustedOwners = "root or the process's user";

    public const string GiveToOwner = "chown it to root, and chmod go-w.";
}
