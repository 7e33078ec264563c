using System.Text;
using CrashHandler.Handler.Daemon;
using Xunit;

namespace CrashHandler.Tests.Daemon;

public sealed class StatusJsonTests
{
    private static readonly DateTimeOffset s_time = new(2026, 1, 2, 3, 4, 5, TimeSpan.Zero);

    private static readonly StatusDocument s_status = new()
    {
        HandlerPid = 7,
        Version = "1.2.3",
        Since = s_time,
        Database = "/db",
        Address = "/run/a.sock",
        Url = null,
        Persistent = true,
        Uploads = true,
        Paused = false,
        Clients = [new StatusClient { Pid = 8, Since = s_time, ProcessType = "main", Product = "P", Hooks = "Signals" }],
        Waiting = 3,
        Sending = "id",
        NextAttempt = s_time,
        Captured = 1,
        Lost = 2,
        Refused = 28,
        Refusals = [1, 2, 3, 4, 5, 6, 7],
        Attempts = 4,
        Uploaded = 5,
        Failed = 6,
        LastUploadError = "no",
        LastErrors = [new RecentError(s_time, ErrorKind.Walk, "w"), new RecentError(s_time, ErrorKind.Upload, "u"), new RecentError(s_time, ErrorKind.Capture, "c")],
    };

    [Fact]
    public void WhatIsWrittenIsRead()
    {
        StatusDocument read = StatusJson.Decode(StatusJson.Encode(s_status));

        int[] none = [];
        Assert.Equal(s_status with { Clients = [], LastErrors = [], Refusals = none }, read with { Clients = [], LastErrors = [], Refusals = none });
        Assert.Equal(s_status.Refusals, read.Refusals);
        Assert.Equal(s_status.Clients, read.Clients);
        Assert.Equal(s_status.LastErrors, read.LastErrors);
    }

    [Fact]
    public void WhatIsNotKnownIsNull()
    {
        StatusDocument read = StatusJson.Decode(StatusJson.Encode(s_status with { Waiting = null, Sending = null, NextAttempt = null, LastUploadError = null }));

        Assert.Equal((null, null, null, null), (read.Waiting, read.Sending, read.NextAttempt, read.LastUploadError));
    }

    /// <summary>A handler lives as long as its application, and the command line may be of a later release.</summary>
    [Fact]
    public void AnOlderHandlersIsReadToo()
    {
        StatusDocument read = StatusJson.Decode(Encoding.UTF8.GetBytes("""
            {"handlerPid":7,"version":"0.1.0","since":"2026-01-02T03:04:05+00:00","database":"/db","address":"/a","url":null,"persistent":false,"uploads":true,"paused":false,
             "clients":[],"reports":{"pending":1},"captured":1,"lost":0,"refused":0,"lastUploadError":null}
            """));

        Assert.Equal((7, null, 0, 0), (read.HandlerPid, read.Waiting, read.Attempts, read.LastErrors.Count));
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("[]")]
    [InlineData("{")]
    public void WhatIsNoneIsRefused(string json) => Assert.Throws<DaemonException>(() => StatusJson.Decode(Encoding.UTF8.GetBytes(json)));
}
