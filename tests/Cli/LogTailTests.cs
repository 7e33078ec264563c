using System.Globalization;
using CrashHandler.Handler.Cli;
using Xunit;

namespace CrashHandler.Tests.Cli;

/// <summary>Every line of the log once and in order, whatever becomes of its files between two looks.</summary>
public sealed class LogTailTests : IDisposable
{
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("crash-handler-log-");
    private readonly LogTail _tail;

    public LogTailTests() => _tail = new LogTail(_directory.FullName);

    private string Newest => Path.Combine(_directory.FullName, "handler.log");

    [Fact]
    public void OldestFileFirst()
    {
        File.WriteAllText(Newest + ".2", "1\n");
        File.WriteAllText(Newest + ".1", "2\n");
        File.WriteAllText(Newest, "3\n4\n");
        Assert.Equal(["1", "2", "3", "4"], _tail.Next());
        Assert.Equal([], _tail.Next());
    }

    [Fact]
    public void WithoutALogThereIsNothing()
    {
        Assert.Equal([], _tail.Next());
        File.WriteAllText(Newest, "1\n");
        Assert.Equal(["1"], _tail.Next());
    }

    [Fact]
    public void ALineIsALineWhenItEnds()
    {
        File.WriteAllText(Newest, "1\n2");
        Assert.Equal(["1"], _tail.Next());
        File.AppendAllText(Newest, "2\n");
        Assert.Equal(["22"], _tail.Next());
        File.AppendAllText(Newest, new string('x', 200_000) + "\n");
        Assert.Equal([new string('x', 200_000)], _tail.Next());
    }

    [Fact]
    public void RotationsAreFollowed()
    {
        File.WriteAllText(Newest, "1\n");
        Assert.Equal(["1"], _tail.Next());
        int line = 2;
        for (int round = 0; round < 5; round++)
        {
            File.AppendAllText(Newest, $"{line}\n");
            Rotate();
            File.AppendAllText(Newest, $"{line + 1}\n");
            // Somebody had it open.
            File.AppendAllText(Newest + ".1", $"{line + 2}\n");
            Assert.Equal([$"{line}", $"{line + 2}", $"{line + 1}"], _tail.Next());
            line += 3;
        }
    }

    [Fact]
    public void WhatIsRemovedBetweenTwoLooksIsReadBefore()
    {
        File.WriteAllText(Newest, "1\n");
        Assert.Equal(["1"], _tail.Next());
        for (int round = 0; round < 3; round++)
        {
            File.AppendAllText(Newest, $"{round + 2}\n");
            Rotate();
        }

        Assert.Equal(["2", "3", "4"], _tail.Next());
    }

    [Theory]
    [InlineData("2026-01-02 03:04:05.678 +02:00 INF 42 Report ready, in 3 ms", "2026-01-02T01:04:05.678Z", "INF", 42, "Report ready, in 3 ms")]
    [InlineData("   at App.Main()", null, null, null, "   at App.Main()")]
    [InlineData("2026-01-02 03:04:05.678 +00:00 INF nobody x", null, null, null, "2026-01-02 03:04:05.678 +00:00 INF nobody x")]
    [InlineData("", null, null, null, "")]
    public void ALineTakenApart(string line, string? time, string? level, int? handler, string message)
    {
        LogLine parsed = LogLine.Parse(line);
        Assert.Equal((time is null ? (DateTimeOffset?)null : DateTimeOffset.Parse(time, CultureInfo.InvariantCulture), level, handler, message), (parsed.Time, parsed.Level, parsed.Handler, parsed.Message));
    }

    public void Dispose()
    {
        _tail.Dispose();
        _directory.Delete(recursive: true);
    }

    private void Rotate()
    {
        if (File.Exists(Newest + ".1"))
        {
            File.Move(Newest + ".1", Newest + ".2", overwrite: true);
        }

        File.Move(Newest, Newest + ".1");
        File.WriteAllText(Newest, "");
    }
}
