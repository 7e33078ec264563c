using System.Globalization;
using CrashHandler.Handler.Posix;

namespace CrashHandler.Handler.Daemon;

/// <summary>Whose processes a handler serves: its own user's, and, for root's, those of users that it was told.</summary>
internal sealed class ServedUsers
{
    private const uint Root = 0;

    private readonly uint[] _others;

    private ServedUsers(uint[] others) => _others = others;

    /// <summary>The handler's own user only.</summary>
    public static ServedUsers OwnOnly { get; } = new([]);

    /// <summary>Whether there are others.</summary>
    public bool HasOthers => _others.Length > 0;

    /// <summary>Reads <c>--serve-user</c>.</summary>
    /// <param name="own">The handler's user.</param>
    /// <param name="users">Names or numbers.</param>
    /// <exception cref="DaemonException">There is no such user, or only root may do that.</exception>
    public static ServedUsers Of(uint own, IReadOnlyList<string> users)
    {
        if (users.Count == 0)
        {
            return OwnOnly;
        }

        if (own != Root)
        {
            throw new DaemonException("--serve-user is for root's handler: nobody else may look into the processes of other users; leave it out, or run crash-handler as root");
        }

        uint[] others = new uint[users.Count];
        for (int i = 0; i < others.Length; i++)
        {
            others[i] = uint.TryParse(users[i], NumberStyles.None, CultureInfo.InvariantCulture, out uint id) ? id
                : PosixFiles.FindUser(users[i]) ?? throw new DaemonException($"--serve-user: there is no user '{users[i]}' here; give a name of this machine, or a number");
        }

        return new ServedUsers(others);
    }

    /// <summary>Whether processes of a user are served.</summary>
    public bool Includes(uint own, uint user) => user == own || Array.IndexOf(_others, user) >= 0;
}
