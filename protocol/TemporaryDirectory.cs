namespace CrashHandler.Protocol;

/// <summary>Where the crashes directories are that nobody named: client and handler must look in one place.</summary>
public static class TemporaryDirectory
{
    private static string Usual
        => OperatingSystem.IsWindows() ? System.IO.Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData), "Temp") : "/tmp";

    /// <summary>TMPDIR (Windows: TMP), or the system's usual one if that is unset or leads nowhere: a report in another place is better than none.</summary>
    public static string Path => System.IO.Path.GetTempPath() is var named && Directory.Exists(named) ? named : Usual;
}
