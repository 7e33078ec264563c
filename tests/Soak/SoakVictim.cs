using CrashHandler.Tests.EndToEnd;

namespace CrashHandler.Tests.Soak;

/// <summary>A program that dies in one way.</summary>
/// <param name="Name">The way.</param>
/// <param name="IsDotNet">Whether it calls <c>Start</c>; else it has the shim preloaded.</param>
/// <param name="Command">The program and its arguments.</param>
internal sealed record SoakVictim(string Name, bool IsDotNet, string[] Command)
{
    private const int SIGILL = 4, SIGBUS = 7, SIGFPE = 8;

    /// <summary>Every one, three native ones to each .NET one: those take a tenth of the time.</summary>
    /// <param name="native">The program of client/native/tests/victim.c.</param>
    /// <param name="applications">Arguments of a .NET victim that finds the application's handler, or starts it again.</param>
    public static IReadOnlyList<SoakVictim> All(string native, string[] applications)
    {
        SoakVictim[] natives =
        [
            Native("segv"), Native("abort"), Native("overflow"), Native("breakpoint"), Native("assert"), Native("two-threads"), Native("in-handler"), Native("overflow-thread"),
            Native("raise", $"{SIGFPE}"), Native("raise", $"{SIGILL}"), Native("raise", $"{SIGBUS}"), Native("descriptors"),
        ];
        SoakVictim[] managed = [DotNet("unhandled"), DotNet("failfast"), DotNet("segv"), DotNet("abort")];
        return [.. natives.Chunk(natives.Length / managed.Length).Zip(managed, (some, one) => some.Append(one)).SelectMany(mixed => mixed)];

        SoakVictim Native(params string[] kind) => new(string.Join(' ', kind), IsDotNet: false, [native, .. kind]);
        SoakVictim DotNet(string kind) => new($".NET {kind}", IsDotNet: true, [TestPrograms.Shared.Victim, .. applications, "--kind", kind]);
    }
}
