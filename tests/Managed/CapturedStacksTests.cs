using System.Text.Json;
using CrashHandler.Handler.Stacks.Document;
using CrashHandler.Tests.Contract;
using Xunit;

namespace CrashHandler.Tests.Managed;

/// <summary>The stacks of a report that was asked for: the process goes on.</summary>
public sealed class CapturedStacksTests
{
    // The walk has a quarter of a second, which a machine that runs other tests does not always grant; each report without it must say so.
    private const int Tries = 20;

    [Fact]
    public void TheThreadThatAskedIsFirstWithItsManagedFrames()
    {
        using World world = new();
        Application application = world.Launch(world.Keeping());
        StackDocument? walked = null;
        for (int i = 0; i < Tries && walked is null; i++)
        {
            JsonElement answer = application.Ask("capture", $"number {i}");

            JsonElement report = world.Sandbox.Reports().Single(one => one.GetProperty("id").GetString() == answer.GetProperty("id").GetString());
            StackDocument document = StackVictim.DocumentOf(report);
            TestContext.Current.TestOutputHelper?.WriteLine($"{i}: {document.Source} {document.Milliseconds} ms of {report.GetProperty("frozenMilliseconds").GetDouble()} ms {document.Problem}");
            Assert.True(report.GetProperty("frozenMilliseconds").GetDouble() > 0);
            Assert.Equal(answer.GetProperty("thread").GetInt32(), document.Threads[0].ThreadId);
            Assert.Equal(document.Source == StackSource.Walk, document.Problem is null);
            Assert.Null(document.Exception);
            walked = document.Source == StackSource.Walk ? document : null;
        }

        Assert.True(walked is not null, $"none of {Tries} walks was in time");
        string[] methods = [.. walked.Threads[0].Frames.Where(frame => frame.Kind == StackFrameKind.Managed).Select(frame => frame.Method ?? "")];
        Assert.Contains(methods, method => method.StartsWith("CrashHandler.CrashReporter.CaptureReport(", StringComparison.Ordinal));
        Assert.Contains(methods, method => method.StartsWith("CrashHandler.Victims.", StringComparison.Ordinal));
        application.ExitLast();
    }
}
