using System.Text.Json;
using CrashHandler.Tests.EndToEnd;
using CrashHandler.Tests.Table;
using Xunit;

namespace CrashHandler.Tests.Attach;

/// <summary>Processes that are attached as soon as they can be: a runtime that is asked too early ends of it.</summary>
public sealed class EarlyAttachTests
{
    private const int OfEachShape = 2;

    // 128 and SIGABRT.
    private const int Aborted = 134;

    /// <summary>On every runtime that is here, in every form that it can be attached in, all of them starting at once, which makes each start a long one.</summary>
    [Fact]
    public void EveryOneLivesAndIsCovered()
    {
        using Sandbox sandbox = new(Identities.Loner);
        Shape[] shapes = [.. Shape.All().Where(shape => shape.WhyAbsent is null && !shape.IsNative && !shape.IsNativeAot)];
        RunningProcess watch = sandbox.Start(TestPrograms.Shared.Handler, "attach", "--all", "--watch", "--json", "--database", sandbox.Database);
        RunningProcess first = sandbox.Start(TestPrograms.Shared.Victim, "--hold");
        // Its line says that the watch is on.
        Assert.Equal((first.Pid, "attached"), Told(watch.ReadLine()));

        RunningProcess[] victims = [.. shapes.SelectMany(shape => Enumerable.Repeat(shape, OfEachShape))
            .Select((shape, index) => sandbox.Start(shape.Victim, "unhandled-main", sandbox.PathOf($"facts-{index}")))];

        Assert.True(victims.Length >= 10, $"{victims.Length} victims are too few to say anything");
        Assert.Equal(victims.Select(victim => (victim.Pid, "attached")).Order(), victims.Select(_ => Told(watch.ReadLine())).Order());
        foreach (RunningProcess victim in victims)
        {
            victim.ReadUntil("ready");
            victim.WriteLine("die");
            Assert.Equal(Aborted, victim.Finish().ExitCode);
        }

        Assert.Equal(0, first.Finish().ExitCode);
        Assert.Equal(victims.Select(victim => victim.Pid).Order(), sandbox.Reports().Select(report => report.GetProperty("pid").GetInt32()).Order());
    }

    private static (int ProcessId, string Result) Told(string line)
    {
        JsonElement told = JsonElement.Parse(line);
        return (told.GetProperty("pid").GetInt32(), told.GetProperty("result").GetString()!);
    }
}
