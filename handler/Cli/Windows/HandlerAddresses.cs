using CrashHandler.Handler.Posix;
using CrashHandler.Handler.Reports;
using CrashHandler.Protocol;

namespace CrashHandler.Handler.Cli;

/// <summary>Where handlers may listen: pipes of our name, and what handlers of this user's databases in the usual place say of themselves.</summary>
internal static class HandlerAddresses
{
    private const string Pipes = @"\\.\pipe\";

    private static readonly string s_pattern = $"crash-handler-*-{FrameHeader.ExpectedVersion}";

    /// <summary>Those of this user: another one's pipe lets nobody in.</summary>
    public static IEnumerable<string> Of(IReadOnlyList<uint> users)
        => Listed()
            .Concat(Directory.EnumerateDirectories(TemporaryDirectory.Path, DatabaseFinder.UsualName).Where(path => PosixFiles.IsOwnDirectory(path, PosixFiles.UserId())).SelectMany(HandlerRun.Addresses))
            .Distinct(StringComparer.OrdinalIgnoreCase);

    private static string[] Listed()
    {
        try
        {
            return Directory.GetFiles(Pipes, s_pattern);
        }
        catch (IOException)
        {
            // Wine lists no pipes (ERROR_BAD_DEVICE).
            return [];
        }
    }
}
