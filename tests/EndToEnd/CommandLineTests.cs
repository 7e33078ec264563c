using System.Text.RegularExpressions;
using Xunit;

namespace CrashHandler.Tests.EndToEnd;

/// <summary>Wrong input on the command line: one clear line on standard error, the right exit code, nothing else.</summary>
public sealed partial class CommandLineTests
{
    private const int Failed = 1;
    private const int WrongUsage = 2;

    /// <summary>Exit code, a word that the error must have, arguments.</summary>
    public static TheoryData<int, string, string[]> WrongInput => new()
    {
        { WrongUsage, "--nonsense", ["--nonsense"] },
        { WrongUsage, "--nonsense", ["reports", "list", "--nonsense"] },
        { WrongUsage, "--nonsense", ["status", "--nonsense"] },
        { WrongUsage, "--nonsense", ["doctor", "--nonsense"] },
        { WrongUsage, "ftp://example.com", ["doctor", "--url", "ftp://example.com"] },
        { WrongUsage, "dance", ["dance"] },
        { WrongUsage, "dance", ["reports", "dance"] },
        { WrongUsage, "ommand", [] },
        { WrongUsage, "--database", ["run"] },
        { WrongUsage, "ftp://example.com", ["run", "--database", "{database}", "--url", "ftp://example.com"] },
        { WrongUsage, "nonsense", ["run", "--database", "{database}", "--url", "nonsense"] },
        { WrongUsage, "nonsense", ["exec", "--database", "{database}", "--url", "nonsense", "--", "true"] },
        { WrongUsage, "novalue", ["run", "--database", "{database}", "--annotation", "novalue"] },
        { WrongUsage, "exec", ["exec", "--database", "{database}"] },
        { WrongUsage, "show", ["reports", "show"] },
        { WrongUsage, "minidump", ["minidump"] },
        { WrongUsage, "10.0.0.1:1", ["collect", "--listen", "10.0.0.1:1"] },
        { WrongUsage, "nowhere", ["collect", "--listen", "nowhere"] },
        { Failed, "{missing}", ["reports", "list", "--database", "{missing}"] },
        { Failed, "{missing}", ["reports", "list", "--database", "{missing}", "--json"] },
        { Failed, "{missing}", ["reports", "show", "00000000-0000-0000-0000-000000000000", "--database", "{missing}"] },
        { Failed, "{missing}", ["status", "--database", "{missing}"] },
        { Failed, "999999999", ["doctor", "--pid", "999999999"] },
        { Failed, "{missing}", ["reports", "delete", "--all", "--database", "{missing}"] },
        { Failed, "{missing}", ["reports", "prune", "--database", "{missing}"] },
        { Failed, "{missing}", ["reports", "prune", "--dry-run", "--json", "--database", "{missing}"] },
        { Failed, "{missing}", ["minidump", "{missing}"] },
        { Failed, "not a minidump", ["minidump", "{text}"] },
        { Failed, "not a minidump", ["minidump", "{text}", "--json"] },
        { Failed, "empty", ["minidump", "{empty}"] },
        { Failed, "truncated", ["minidump", "{truncated}"] },
        { Failed, "truncated", ["minidump", "{truncated}", "--json"] },
        { Failed, "directory", ["minidump", "{folder}"] },
        { Failed, "{text}", ["run", "--database", "{text}"] },
        { Failed, "no-such-program", ["exec", "--database", "{database}", "--", "no-such-program"] },
        { Failed, "{missing}", ["exec", "--database", "{database}", "--", "{missing}"] },
        { Failed, "{text}", ["exec", "--database", "{database}", "--", "{text}"] },
        { Failed, "{folder}", ["exec", "--database", "{database}", "--", "{folder}"] },
    };

    [Theory]
    [MemberData(nameof(WrongInput))]
    public void WrongInputGetsOneLine(int exitCode, string word, string[] arguments)
    {
        using Sandbox sandbox = new(Identities.User);
        // A header that names one stream, whose directory lies past the end.
        byte[] truncated = [.. "MDMP"u8, 0x93, 0xA7, 0, 0, 1, 0, 0, 0, 32, 0, 0, 0, .. new byte[16], 3, 0, 0, 0];
        Dictionary<string, string> places = new()
        {
            ["{database}"] = sandbox.Database,
            ["{missing}"] = sandbox.PathOf("missing"),
            ["{text}"] = sandbox.WriteFile("text", "This is no minidump, nor a program, nor a directory."u8.ToArray()),
            ["{empty}"] = sandbox.WriteFile("empty", []),
            ["{truncated}"] = sandbox.WriteFile("truncated", truncated),
            ["{folder}"] = sandbox.MakeFolder("folder"),
        };

        ProcessResult result = sandbox.Handler([.. arguments.Select(argument => places.GetValueOrDefault(argument, argument))]);

        AssertOneLine(result, exitCode, places.GetValueOrDefault(word, word));
    }

    [Theory]
    [MemberData(nameof(Identities.Both), MemberType = typeof(Identities))]
    public void TruncatedRealDumpGetsOneLine(string identity)
    {
        using Sandbox sandbox = new(identity);
        sandbox.RunMain("segv", "--no-upload");
        string dump = sandbox.SingleReport().GetProperty("dump").GetString()!;
        byte[] whole = File.ReadAllBytes(dump);
        string half = sandbox.WriteFile("half.dmp", whole[..(whole.Length / 2)]);

        AssertOneLine(sandbox.Handler("minidump", half), Failed, "truncated");
    }

    [Theory]
    [MemberData(nameof(Identities.Both), MemberType = typeof(Identities))]
    public void UnknownReportGetsOneLine(string identity)
    {
        using Sandbox sandbox = new(identity);
        sandbox.RunMain("none", "--no-upload");

        AssertOneLine(sandbox.Handler("reports", "show", "no-such-report", "--database", sandbox.Database), Failed, "no-such-report");
    }

    [Theory]
    [MemberData(nameof(Identities.Both), MemberType = typeof(Identities))]
    public void SecondHandlerOfADatabaseNamesTheFirst(string identity)
    {
        using Sandbox sandbox = new(identity);
        sandbox.RunMain("none", "--no-upload");
        int first = sandbox.HandlerPid();

        ProcessResult second = sandbox.Handler("run", "--database", sandbox.Database);

        AssertOneLine(second, Failed, first.ToString());
        Assert.Equal(first, sandbox.HandlerPid());
    }

    [Fact]
    public void SeveralDatabasesAreListed()
    {
        using Sandbox sandbox = new(Identities.User);
        string one = sandbox.MakeFolder("One Crashes");
        string two = sandbox.MakeFolder("Two Crashes");

        ProcessResult result = sandbox.Handler("reports", "list");

        AssertOneLine(result, Failed, one);
        AssertOneLine(result, Failed, two);
    }

    [Theory]
    [InlineData("--help")]
    [InlineData("--version")]
    [InlineData("run", "--help")]
    [InlineData("exec", "--help")]
    [InlineData("status", "--help")]
    [InlineData("doctor", "--help")]
    [InlineData("reports", "list", "--help")]
    [InlineData("reports", "show", "--help")]
    [InlineData("reports", "delete", "--help")]
    [InlineData("reports", "prune", "--help")]
    [InlineData("minidump", "--help")]
    [InlineData("collect", "--help")]
    public void HelpIsAnswered(params string[] arguments)
    {
        using Sandbox sandbox = new(Identities.User);

        ProcessResult result = sandbox.Handler(arguments);

        Assert.Equal(("", 0), (result.Error, result.ExitCode));
        Assert.NotEqual("", result.Output.Trim());
    }

    private static void AssertOneLine(ProcessResult result, int exitCode, string word)
    {
        Assert.Equal(("", exitCode), (result.Output, result.ExitCode));
        Assert.Matches(OneLine(), result.Error);
        Assert.Contains(word, result.Error, StringComparison.Ordinal);
        // What a stack trace, or a message meant for programmers, has.
        Assert.DoesNotContain("   at ", result.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("Exception", result.Error, StringComparison.Ordinal);
    }

    [GeneratedRegex(@"\Acrash-handler: [^\n]+\n\z")]
    private static partial Regex OneLine();
}
