using CrashHandler.Handler.Daemon;
using CrashHandler.Handler.Posix;
using CrashHandler.Handler.Reports;
using CrashHandler.Protocol;

namespace CrashHandler.Handler.Cli;

/// <summary>Finds the database that an inspecting verb was not told: that of a running handler, or one in the user's temporary directory.</summary>
internal static class DatabaseFinder
{
    /// <summary>Names of databases in the temporary directory.</summary>
    public const string UsualName = "* Crashes";

    private const uint Root = 0;

    /// <summary>Opens the named database to look at it, else the only one there is: of this user, or, under sudo, of whoever called it.</summary>
    /// <exception cref="DatabaseException">There is none, or there are several: the message lists them.</exception>
    public static ReportDatabase Open(string? named) => ReportDatabase.OpenExisting(named ?? Choose(Found(withCaller: true), Environment.GetEnvironmentVariable(SudoUser.NameVariable)));

    /// <summary>As <see cref="Open"/>, to change it: as root, what is changed stays the owner's. Under sudo a caller's database is to be named.</summary>
    /// <exception cref="DatabaseException">There is none, or there are several: the message lists them.</exception>
    /// <exception cref="SyscallException">The owner's rights cannot be taken.</exception>
    public static ReportDatabase OpenToChange(string? named)
    {
        ReportDatabase database = ReportDatabase.OpenExisting(named ?? Choose(Found(withCaller: false), caller: null));
        PosixFiles.BecomeOwner(database.Path);
        PosixFiles.SetPrivateUmask();
        return database;
    }

    /// <summary>Absolute path of the named database, which need not exist, else of the only one there is; null: there is none, or there are several.</summary>
    public static string? TryFind(string? named)
        => named is not null ? Path.TrimEndingDirectorySeparator(Path.GetFullPath(named)) : Found(withCaller: true) is [string only] ? only : null;

    /// <summary>What the running handler of a database says of itself; null: none runs that answers.</summary>
    public static Welcome? HandlerOf(string database) => Welcomes(database).Select(handler => handler.Welcome).FirstOrDefault(welcome => welcome.Database == database);

    /// <summary>The report whose id begins so.</summary>
    /// <exception cref="DatabaseException">There is none, or there are several; or there is one whose record cannot be read.</exception>
    public static ReportRecord Find(ReportDatabase database, string id)
    {
        List<string> broken = [];
        return Find(database, database.List(broken.Add), broken, id);
    }

    /// <summary>The reports whose ids begin so, each once.</summary>
    /// <exception cref="DatabaseException">Of one of them there is none, or there are several.</exception>
    public static List<ReportRecord> FindAll(ReportDatabase database, IEnumerable<string> ids)
    {
        List<string> broken = [];
        IReadOnlyList<ReportRecord> reports = database.List(broken.Add);
        return [.. ids.Select(id => Find(database, reports, broken, id)).DistinctBy(report => report.Id)];
    }

    private static ReportRecord Find(ReportDatabase database, IReadOnlyList<ReportRecord> reports, List<string> broken, string id)
    {
        if (id.Length == 0)
        {
            throw new DatabaseException("the report's id is empty; 'crash-handler reports list' shows those there are");
        }

        List<ReportRecord> matching = [.. reports.Where(report => report.Id.StartsWith(id, StringComparison.OrdinalIgnoreCase))];
        return matching switch
        {
            [ReportRecord only] => only,
            // What is wrong with others is theirs.
            [] when broken.Find(problem => problem.Contains($"{Path.DirectorySeparatorChar}{id}", StringComparison.OrdinalIgnoreCase)) is { } problem => throw new DatabaseException($"no report '{id}': {problem}"),
            [] => throw new DatabaseException($"no report '{id}' in '{database.Path}'; 'crash-handler reports list' shows those there are"),
            _ => throw new DatabaseException($"'{id}' is the beginning of {matching.Count} reports' ids; give more of it"),
        };
    }

    /// <summary>The state of every running handler of this user and, under sudo, of its caller; as root, of a named database's owner.</summary>
    public static IEnumerable<StatusDocument> RunningHandlers(string? database)
    {
        string? wanted = database is null ? null : ReportDatabase.OpenExisting(database).Path;
        foreach ((string address, Welcome welcome) in Welcomes(wanted))
        {
            if (wanted is null || welcome.Database == wanted)
            {
                using HandlerQuery query = HandlerQuery.Open(address);
                yield return StatusJson.Decode(query.GetStatus());
            }
        }
    }

    private static string Choose(IReadOnlyList<string> found, string? caller) => found switch
    {
        [string only] => only,
        [] => throw new DatabaseException($"no handler is running and no '* Crashes' directory of yours{(caller is null ? "" : $" or of {caller}")} is in '{TemporaryDirectory.Path}'; name a database with --database DIR"),
        _ => throw new DatabaseException($"there are {found.Count} databases; choose one with --database DIR: {string.Join(", ", found.Select(path => $"'{path}'"))}"),
    };

    // Under sudo it is the caller's that are meant; root's own if he has none.
    private static List<string> Found(bool withCaller)
        => withCaller && SudoUser.Id() is { } caller && FoundOf(caller) is { Count: > 0 } his ? his : FoundOf(PosixFiles.UserId());

    private static List<string> FoundOf(uint user) =>
    [
        .. Handlers([user]).Select(handler => handler.Welcome.Database)
            .Concat(Directory.EnumerateDirectories(TemporaryDirectory.Path, UsualName).Where(path => PosixFiles.IsOwnDirectory(path, user)))
            .Distinct().Order(StringComparer.Ordinal),
    ];

    private static IEnumerable<(string Address, Welcome Welcome)> Welcomes(string? database)
    {
        uint own = PosixFiles.UserId();
        // Who may look into somebody else's directory is root: it is its owner's handler that is meant.
        IEnumerable<string> usual = HandlerAddresses.Of([own, .. (ReadOnlySpan<uint>)(database is not null && own == Root && Directory.Exists(database) ? [PosixFiles.Owner(database)] : SudoUser.Id() is { } caller ? [caller] : [])]);
        // With --pipe one may listen anywhere.
        return Answering(database is null ? usual : usual.Concat(HandlerRun.Addresses(database)).Distinct());
    }

    private static IEnumerable<(string Address, Welcome Welcome)> Handlers(IReadOnlyList<uint> users) => Answering(HandlerAddresses.Of(users));

    private static IEnumerable<(string Address, Welcome Welcome)> Answering(IEnumerable<string> addresses)
        => addresses.Select(address => (address, HandlerQuery.TryWelcome(address)))
            .Where(handler => handler.Item2 is not null)
            .Select(handler => (handler.address, handler.Item2!));
}
