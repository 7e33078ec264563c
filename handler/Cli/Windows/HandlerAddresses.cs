using CrashHandler.Handler.Daemon;
using CrashHandler.Handler.Posix;
using CrashHandler.Handler.Reports;
using CrashHandler.Protocol;

namespace CrashHandler.Handler.Cli;

/// <summary>Where handlers may listen: pipes of our name, and what handlers of this user's databases in the usual place say of themselves.</summary>
internal static class HandlerAddresses
{
    /// <summary>Those of this user: another one's pipe lets nobody in.</summary>
    public static IEnumerable<string> Of(IReadOnlyList<uint> users)
        => HandlerAddress.Listed()
            .Concat(Directory.EnumerateDirectories(TemporaryDirectory.Path, DatabaseFinder.UsualName).Where(path => PosixFiles.IsOwnDirectory(path, PosixFiles.UserId())).SelectMany(HandlerRun.Addresses))
            .Distinct(StringComparer.OrdinalIgnoreCase);
}
