namespace CrashHandler.Handler.Doctor;

/// <summary>Every limit of <c>doctor</c>, with its unit and reason.</summary>
internal static partial class DoctorLimits
{
    /// <summary>One request to a server, from name to answer: less than an upload may take, and more than any healthy server does.</summary>
    public static readonly TimeSpan Server = TimeSpan.FromSeconds(10);

    /// <summary>Bytes of an executable or library that is searched for what it needs: all of ours and of the runtime are less.</summary>
    public const long BinaryBytes = 256 << 20;

    /// <summary>Assemblies of a process that are looked at for their symbols: each is opened.</summary>
    public const int Assemblies = 500;

    /// <summary>Names that a finding lists before it says how many more there are.</summary>
    public const int ListedNames = 5;

    /// <summary>Bytes of free space below which a report, of some megabytes, may not be written.</summary>
    public const long LeastFreeBytes = 32L << 20;

    /// <summary>Bytes of free space below which a few reports and what else is written there meet soon.</summary>
    public const long FewFreeBytes = 512L << 20;

    /// <summary>Free inodes below which a report, of up to 14 files, may not be written.</summary>
    public const long LeastFreeFiles = 100;

    /// <summary>Free inodes below which it soon may not.</summary>
    public const long FewFreeFiles = 5_000;

    /// <summary>How far the clock may be from a server's: reports are listed and limited by it, and certificates checked.</summary>
    public static readonly TimeSpan ClockSkew = TimeSpan.FromMinutes(5);

    /// <summary>No clock that runs right is before this: this program is younger.</summary>
    public static readonly DateTimeOffset Youth = new(2025, 1, 1, 0, 0, 0, TimeSpan.Zero);
}
