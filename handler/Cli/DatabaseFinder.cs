using CrashHandler.Handler.Daemon;
using CrashHandler.Handler.Posix;
using CrashHandler.Handler.Reports;
using CrashHandler.Protocol;

namespace CrashHandler.Handler.Cli;

/// <summary>Finds the database that an inspecting verb was not told: that of a running handler, or one in the user's temporary directory.</summary>
internal static class DatabaseFinder
{
    /// <summary>Opens the named database, else the only one there is.</summary>
    /// <exception cref="DatabaseException">There is none, or there are several: the message lists them.</exception>
    public static ReportDatabase Open(string? named)
    {
        if (named is not null)
        {
            return ReportDatabase.OpenExisting(named);
        }

        List<string> found = [.. Welcomes().Select(handler => handler.Welcome.Database).Concat(InTemporaryDirectory()).Distinct().Order(StringComparer.Ordinal)];
        return found switch
        {
            [string only] => ReportDatabase.OpenExisting(only),
            [] => throw new DatabaseException($"no handler is running and no '* Crashes' directory of yours is in '{TemporaryDirectory.Path}'; name a database with --database DIR"),
            _ => throw new DatabaseException($"there are {found.Count} databases; choose one with --database DIR: {string.Join(", ", found.Select(path => $"'{path}'"))}"),
        };
    }

    /// <summary>As <see cref="Open"/>, to change it: as root, what is changed stays the owner's.</summary>
    /// <exception cref="DatabaseException">There is none, or there are several: the message lists them.</exception>
    /// <exception cref="SyscallException">The owner's rights cannot be taken.</exception>
    public static ReportDatabase OpenToChange(string? named)
    {
        ReportDatabase database = Open(named);
        PosixFiles.BecomeOwner(database.Path);
        PosixFiles.SetPrivateUmask();
        return database;
    }

    /// <summary>The report whose id begins so.</summary>
    /// <exception cref="DatabaseException">There is none, or there are several.</exception>
    public static ReportRecord Find(ReportDatabase database, string id, Action<string>? onProblem = null)
    {
        List<ReportRecord> matching = [.. database.List(onProblem).Where(report => report.Id.StartsWith(id, StringComparison.OrdinalIgnoreCase))];
        return matching switch
        {
            [ReportRecord only] => only,
            [] => throw new DatabaseException($"no report '{id}' in '{database.Path}'; 'crash-handler reports list' shows those there are"),
            _ => throw new DatabaseException($"'{id}' is the beginning of {matching.Count} reports' ids; give more of it"),
        };
    }

    /// <summary>The state of every running handler of this user (as root: of the database's, when one is named).</summary>
    public static IEnumerable<StatusDocument> RunningHandlers(string? database)
    {
        string? wanted = database is null ? null : ReportDatabase.OpenExisting(database).Path;
        foreach ((string address, Welcome welcome) in Welcomes())
        {
            if (wanted is null || welcome.Database == wanted)
            {
                using HandlerQuery query = HandlerQuery.Open(address);
                yield return StatusJson.Decode(query.GetStatus());
            }
        }
    }

    private static IEnumerable<(string Address, Welcome Welcome)> Welcomes()
        => HandlerAddress.ExistingDirectories(Environment.GetEnvironmentVariable(HandlerAddress.RuntimeDirectoryVariable), PosixFiles.UserId())
            .SelectMany(directory => Directory.EnumerateFiles(directory, $"*{HandlerAddress.Suffix}"))
            .Select(address => (address, HandlerQuery.TryWelcome(address)))
            .Where(handler => handler.Item2 is not null)
            .Select(handler => (handler.address, handler.Item2!));

    private static IEnumerable<string> InTemporaryDirectory()
        => Directory.EnumerateDirectories(TemporaryDirectory.Path, "* Crashes").Where(path => PosixFiles.IsOwnDirectory(path, PosixFiles.UserId()));
}
