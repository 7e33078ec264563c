using CrashHandler.Handler.Stacks.Document;
using CrashHandler.Tests.EndToEnd;
using CrashHandler.Tests.Table;
using Xunit;

namespace CrashHandler.Tests.Managed;

/// <summary>Programs whose runtime's data nobody can read from outside: the exception is in the report in the process's own words.</summary>
public sealed class ClientSourceTests
{
    private const string SingleFile = "it is a single-file program: its runtime comes without the library (DAC) that reads its data";
    private const string AheadOfTime = "it is compiled ahead of time (NativeAOT): there is no library (DAC) that reads its runtime's data";

    [Theory]
    [InlineData("net10.0-single-file", "unhandled-main", SingleFile)]
    [InlineData("net10.0-single-file", "unhandled-thread", SingleFile)]
    [InlineData("net10.0-aot", "unhandled-main", AheadOfTime)]
    [InlineData("net10.0-aot", "unhandled-thread", AheadOfTime)]
    public void TheExceptionIsWhatTheProcessSaid(string name, string kind, string problem)
    {
        Shape shape = Shape.All().Single(shape => shape.Name == name);
        Assert.SkipWhen(shape.WhyAbsent is not null, shape.WhyAbsent ?? "");
        using Sandbox sandbox = new(Identities.Own);
        Kind death = Kind.All.Single(one => one.Name == kind);

        VictimRun.Run(sandbox, new Cell(death, Way.Start, shape), isCovered: true, sandbox.Database, sandbox.PathOf("facts"));

        StackDocument document = StackVictim.DocumentOf(sandbox.SingleReport());
        TestContext.Current.TestOutputHelper?.WriteLine($"{document.Signature}");
        Assert.Equal((StackSource.Client, problem), (document.Source, document.Problem));
        Assert.Equal((death.Exception, "the victim's exception"), (document.Exception?.Type, document.Exception?.Message));
        Assert.NotEmpty(document.Exception!.Frames);
        Assert.All(document.Exception.Frames, frame => Assert.Equal(StackFrameOrigin.Text, frame.Origin));
        Assert.NotNull(document.Signature);
        Assert.All(document.Threads, thread => Assert.True(thread.Frames.Count > 0, $"{thread}"));
    }
}
