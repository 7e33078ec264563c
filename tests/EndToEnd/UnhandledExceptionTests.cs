using System.Text;
using System.Text.Json;
using CrashHandler.Handler.Stacks;
using CrashHandler.Protocol;
using Xunit;

namespace CrashHandler.Tests.EndToEnd;

/// <summary>The exception that ends a process is in its report, in the process's own words; nothing else changes.</summary>
public sealed class UnhandledExceptionTests
{
    private const string Invalid = "System.InvalidOperationException";

    /// <summary>Identity, kind of death, the exception's type, its message; a message that ends in … is the beginning of the real one.</summary>
    public static TheoryData<string, string, string, string> Kinds => new()
    {
        { Identities.User, "unhandled", Invalid, "the victim's exception" },
        { Identities.Root, "unhandled", Invalid, "the victim's exception" },
        { Identities.User, "unhandled-lines", Invalid, "first line\nsecond \u001b[31mred\u001b[0m line\r\nthird\tand \u202elast" },
        { Identities.User, "unhandled-huge", Invalid, new string('é', 1_000) + "…" },
        { Identities.User, "unhandled-broken", "CrashHandler.Victims.UnhandledKinds+BrokenException", "(Message threw System.NotSupportedException)" },
        { Identities.User, "unhandled-aggregate", "System.AggregateException", "One or more errors occurred. (one of two) (two of two)" },
        { Identities.User, "unhandled-null", "System.NullReferenceException", "Object reference not set to an instance of an object." },
        { Identities.User, "unhandled-surrogate", Invalid, "half \ufffd a character" },
        { Identities.User, "unhandled-thread", Invalid, "on another thread" },
        { Identities.User, "unhandled-listener", Invalid, "the victim's exception" },
    };

    [Theory]
    [MemberData(nameof(Kinds))]
    public void ItIsInTheReportAndNothingElseChanges(string identity, string kind, string type, string message)
    {
        using Sandbox sandbox = new(identity);
        ProcessResult bare = sandbox.Run(TestPrograms.Shared.Victim, "--kind", kind);

        ProcessResult covered = sandbox.RunMain(kind, "--no-upload");

        Assert.Equal((bare.ExitCode, bare.Output, bare.Error), (covered.ExitCode, covered.Output, covered.Error));
        JsonElement report = sandbox.SingleReport();
        JsonElement exception = report.GetProperty("exception");
        Assert.Equal(type, exception.GetProperty("type").GetString());
        string told = exception.GetProperty("message").GetString()!;
        string text = exception.GetProperty("text").GetString()!;
        Assert.StartsWith(message.TrimEnd('…'), told, StringComparison.Ordinal);
        Assert.True(message.EndsWith('…') ? told.EndsWith('…') : told == message, told);
        Assert.InRange(Encoding.UTF8.GetByteCount(told), 1, ProtocolLimits.MaxExceptionMessageBytes);
        Assert.InRange(Encoding.UTF8.GetByteCount(text), 1, ProtocolLimits.MaxExceptionTextBytes);
        Assert.True(kind == "unhandled-broken" ? text == "(ToString threw System.NotSupportedException)" : text.StartsWith($"{type}: {message.TrimEnd('…')}", StringComparison.Ordinal), text);
        Assert.True(kind is "unhandled-broken" or "unhandled-huge" || text.Contains("\n   at ", StringComparison.Ordinal), text);
        JsonElement parameters = report.GetProperty("parameters");
        Assert.Equal(type, parameters.GetProperty("exception.type").GetString());
        Assert.InRange(Encoding.UTF8.GetByteCount(parameters.GetProperty("exception.message").GetString()!), 1, StacksLimits.ParameterMessageBytes);
        // An aggregate stands for the first of its exceptions.
        Assert.StartsWith(kind == "unhandled-aggregate" ? "System.InvalidOperationException" : type.Replace('+', '.'), parameters.GetProperty("signature").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public void AThrownObjectThatIsNoExceptionIsToldOf()
    {
        using Sandbox sandbox = new(Identities.User);
        ProcessResult bare = sandbox.Run(TestPrograms.Shared.Victim, "--kind", "unhandled-object");

        ProcessResult covered = sandbox.RunMain("unhandled-object", "--no-upload");

        Assert.Equal((bare.ExitCode, bare.Output, bare.Error), (covered.ExitCode, covered.Output, covered.Error));
        JsonElement exception = sandbox.SingleReport().GetProperty("exception");
        Assert.Equal("System.String", exception.GetProperty("type").GetString());
        Assert.Equal("", exception.GetProperty("message").GetString());
        Assert.Equal("a text that was thrown", exception.GetProperty("text").GetString());
    }

    [Fact]
    public void OneThatComesFromTheReporterItselfIsThereWithTheParameters()
    {
        using Sandbox sandbox = new(Identities.User);

        sandbox.RunMain("unhandled-parameter", "--no-upload", "--extra", "first=word");

        JsonElement report = sandbox.SingleReport();
        Assert.Equal("System.ArgumentException", report.GetProperty("exception").GetProperty("type").GetString());
        Assert.Equal("words", report.GetProperty("parameters").GetProperty("last").GetString());
        Assert.Equal("word", report.GetProperty("parameters").GetProperty("first").GetString());
    }

    [Theory]
    [InlineData("failfast")]
    [InlineData("segv")]
    [InlineData("caught-only")]
    public void WithoutAnUnhandledExceptionThereIsNone(string kind)
    {
        using Sandbox sandbox = new(Identities.User);

        sandbox.RunMain(kind, "--no-upload");

        Assert.Equal(JsonValueKind.Null, sandbox.SingleReport().GetProperty("exception").ValueKind);
    }

    [Fact]
    public void ATerminalIsSafeFromIt()
    {
        using Sandbox sandbox = new(Identities.User);
        sandbox.RunMain("unhandled-lines", "--no-upload");

        ProcessResult shown = sandbox.Handler("reports", "show", sandbox.SingleReport().GetProperty("id").GetString()!, "--database", sandbox.Database);

        Assert.Equal(0, shown.ExitCode);
        Assert.DoesNotContain(shown.Output, character => character is '\u001b' or '\u202e' or '\r');
        Assert.Contains(@"System.InvalidOperationException (0x80131509): first line\nsecond \u{1b}[31mred\u{1b}[0m line\u{d}\nthird\tand \u{202e}last", shown.Output, StringComparison.Ordinal);
    }

    /// <summary>The soak does this a thousand times; this is for every day.</summary>
    [Fact]
    public void AParameterSetOnTheInstructionBeforeTheCrashIsThere()
    {
        const int Times = 20;
        using Sandbox sandbox = new(Identities.User);
        string[] values = [.. Enumerable.Range(0, Times).Select(_ => sandbox.RunMain("parameter", "--no-upload").Output.Split('\n')[1])];

        Assert.Equal(Times, values.Distinct().Count());
        Assert.Equal(values.Order(), sandbox.Reports().Select(report => report.GetProperty("parameters").GetProperty("last").GetString()!).Order());
    }
}
