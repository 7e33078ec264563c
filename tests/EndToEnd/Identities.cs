using System.Diagnostics;
using Xunit;

namespace CrashHandler.Tests.EndToEnd;

/// <summary>
/// Whom the processes of a test run as: <c>root</c>, or an unprivileged <c>user</c>. Started without root, the root half is skipped and the
/// user is oneself.
/// </summary>
public static class Identities
{
    public const string Root = "root";

    public const string User = "user";

    /// <summary>A user that runs nothing else: for what goes over all processes of a user.</summary>
    public const string Loner = "loner";

    /// <summary>The user id taken for <see cref="Loner"/>: nobody's.</summary>
    public const uint LonerId = 64_999;

    /// <summary>Another one that runs nothing else, at the same time.</summary>
    public const string Newcomer = "newcomer";

    /// <summary>The user id taken for <see cref="Newcomer"/>: nobody's.</summary>
    public const uint NewcomerId = 64_998;

    /// <summary>And another one.</summary>
    public const string Hermit = "hermit";

    /// <summary>The user id taken for <see cref="Hermit"/>: nobody's.</summary>
    public const uint HermitId = 64_997;

    /// <summary>The user id taken for <see cref="User"/> when started as root: nobody's.</summary>
    public const uint UnprivilegedId = 65534;

    private static readonly Lazy<string?> WhyNoUser = new(LookForObstacle);

    /// <summary>The one that files of the test's own belong to.</summary>
    public static string Own => Environment.IsPrivilegedProcess ? Root : User;

    /// <summary>Both, for theories.</summary>
    public static TheoryData<string> Both => [Root, User];

    /// <summary>Skips the test where this identity cannot be had.</summary>
    public static void Require(string identity)
    {
        if (identity == Root && !Environment.IsPrivilegedProcess)
        {
            Assert.Skip("needs root: this half runs the processes as root");
        }

        if (identity is Loner or Newcomer or Hermit && !Environment.IsPrivilegedProcess)
        {
            Assert.Skip("needs root: it goes over all processes of a user, who must run nothing else");
        }

        if (identity != Root && Environment.IsPrivilegedProcess && WhyNoUser.Value is { } reason)
        {
            Assert.Skip(reason);
        }
    }

    /// <summary>What to put before a program's arguments.</summary>
    public static string[] Prefix(string identity) => ChangedId(identity) is uint id ? ["setpriv", $"--reuid={id}", $"--regid={id}", "--clear-groups", "--"] : [];

    /// <summary>The user id that its processes get; null: one's own.</summary>
    public static uint? ChangedId(string identity) => identity switch
    {
        _ when identity == Root || !Environment.IsPrivilegedProcess => null,
        Loner => LonerId,
        Newcomer => NewcomerId,
        Hermit => HermitId,
        _ => UnprivilegedId,
    };

    private static string? LookForObstacle()
    {
        if (!File.Exists("/usr/bin/setpriv") && !File.Exists("/bin/setpriv"))
        {
            return "needs setpriv (util-linux) to run processes as an unprivileged user";
        }

        ProcessStartInfo start = new("setpriv", [.. Prefix(User)[1..], "test", "-r", typeof(object).Assembly.Location]);
        using Process process = Process.Start(start)!;
        process.WaitForExit();
        return process.ExitCode == 0 ? null : $"needs a .NET runtime that every user can read; {typeof(object).Assembly.Location} is not";
    }
}
