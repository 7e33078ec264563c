namespace CrashHandler.Handler.Daemon;

/// <summary>Whose processes a handler serves: its own user's.</summary>
internal sealed class ServedUsers
{
    private ServedUsers()
    {
    }

    /// <summary>The handler's own user only.</summary>
    public static ServedUsers OwnOnly { get; } = new();

    /// <summary>Never: the pipe lets nobody else in.</summary>
    public bool HasOthers => false;

    /// <summary>Refuses <c>--serve-user</c>.</summary>
    /// <exception cref="DaemonException">There is one.</exception>
    public static ServedUsers Of(uint own, IReadOnlyList<string> users)
        => users.Count == 0 ? OwnOnly : throw new DaemonException("--serve-user: on Windows a handler serves its own user only; leave it out, and run one as each user");

    /// <summary>Whether processes of a user are served.</summary>
    public bool Includes(uint own, uint user) => user == own;
}
