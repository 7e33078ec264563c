using CrashHandler.Handler.Daemon;
using Serilog;
using Serilog.Core;
using Serilog.Events;
using Xunit;

namespace CrashHandler.Tests.Daemon;

public sealed class PeerAccountsTests
{
    private const int MaxConnections = 20;

    private readonly Clock _clock = new();
    private readonly Lines _lines = new();
    private readonly PeerAccounts _accounts;

    public PeerAccountsTests()
    {
        Logger log = new LoggerConfiguration().WriteTo.Sink(_lines).CreateLogger();
        _accounts = new PeerAccounts(MaxConnections, _clock, () => log);
    }

    [Fact]
    public void AProcessHasItsConnectionsAndNoMoreAndOthersHaveTheirs()
    {
        for (int i = 0; i < DaemonLimits.MaxConnectionsPerProcess; i++)
        {
            _accounts.Enter(1, out string? refusal);
            Assert.Null(refusal);
        }

        PeerAccount one = _accounts.Enter(1, out string? tooMany);
        Assert.Equal("this handler takes 8 connections of one process", tooMany);
        _accounts.Enter(2, out string? other);
        Assert.Null(other);
        _accounts.Leave(one, isInspector: false);
        _accounts.Leave(one, isInspector: false);
        _accounts.Enter(1, out string? again);
        Assert.Null(again);
    }

    [Fact]
    public void AllTogetherHaveTheirLimit()
    {
        string?[] refusals = [.. Enumerable.Range(1, MaxConnections + 1).Select(pid => { _accounts.Enter(pid, out string? refusal); return refusal; })];

        Assert.All(refusals[..^1], Assert.Null);
        Assert.Equal($"this handler takes {MaxConnections} connections", refusals[^1]);
    }

    [Fact]
    public void WhoComesAndGoesAllTheTimeIsRefusedAndServedAgainLater()
    {
        int served = 0;
        for (int i = 0; i < 10_000; i++)
        {
            PeerAccount account = _accounts.Enter(1, out string? refusal);
            served += refusal is null ? 1 : 0;
            _accounts.Leave(account, isInspector: false);
        }

        Assert.Equal(DaemonLimits.ConnectsAtOnce, served);
        _clock.Now += TimeSpan.FromSeconds(1);
        _accounts.Enter(1, out string? later);
        Assert.Null(later);
    }

    [Fact]
    public void InspectorsHaveTheirLimit()
    {
        string?[] refusals = [.. Enumerable.Range(0, DaemonLimits.MaxInspectors + 1).Select(_ => _accounts.EnterInspector())];

        Assert.All(refusals[..^1], Assert.Null);
        Assert.Equal("this handler answers 16 inspectors at a time", refusals[^1]);
    }

    [Fact]
    public void WhatAProcessDoesTenThousandTimesIsSaidOnceOfEachKindAndCounted()
    {
        for (int i = 0; i < 10_000; i++)
        {
            PeerAccount account = _accounts.Enter(1, out _);
            _accounts.CountEnd(account, i % 2 == 0 ? ConnectionEnd.Malformed : ConnectionEnd.TooMany, $"for the {i}th time");
            _accounts.Leave(account, isInspector: false);
        }

        Assert.Equal(["Connection of pid 1 ended: for the 0th time", "Connection of pid 1 ended: for the 1th time"], _lines.Said.Select(line => line.Replace("\"", "", StringComparison.Ordinal)));
        Assert.Equal((10_000, 5_000, 5_000), (_accounts.Ended, _accounts.Ends[(int)ConnectionEnd.Malformed], _accounts.Ends[(int)ConnectionEnd.TooMany]));
    }

    [Fact]
    public void ManyProcessesFillNeitherTheLogNorTheTable()
    {
        const int Processes = 20_000;
        for (int pid = 1; pid <= Processes; pid++)
        {
            PeerAccount account = _accounts.Enter(pid, out _);
            _accounts.CountEnd(account, ConnectionEnd.Malformed, "no frame");
            _accounts.Leave(account, isInspector: false);
        }

        Assert.Equal(DaemonLimits.ClientLogLinesAtOnce, _lines.Said.Count);
        Assert.InRange(_accounts.Count, 1, DaemonLimits.RememberedProcesses);
        _clock.Now += TimeSpan.FromSeconds(2);
        Assert.True(_accounts.MayLog());
        Assert.Equal($"{Processes - DaemonLimits.ClientLogLinesAtOnce} lines about clients were left out: too many in a short time", _lines.Said[^1]);
    }

    [Fact]
    public void WhoHasConnectionsIsNotForgotten()
    {
        PeerAccount held = _accounts.Enter(1, out _);
        for (int pid = 2; pid < DaemonLimits.RememberedProcesses * 2; pid++)
        {
            _accounts.Leave(_accounts.Enter(pid, out _), isInspector: false);
        }

        Assert.Same(held, _accounts.Enter(1, out _));
    }

    [Fact]
    public void WhoTakesMoreThanItsShareIsServedLater()
    {
        PeerAccount account = _accounts.Enter(1, out _), other = _accounts.Enter(2, out _);
        // Each counts as 100 ms at most: the handler may have stood still.
        for (int i = 0; i < 6; i++)
        {
            _accounts.Charge(account, TimeSpan.FromHours(1));
        }

        Assert.Equal(0.4, _accounts.Pause(account).TotalSeconds, precision: 6);
        Assert.Equal(TimeSpan.Zero, _accounts.Pause(other));
        Assert.Equal("Pid 1 asks for more than its share of this handler's time, and is served later", Assert.Single(_lines.Said));
    }

    [Theory]
    [InlineData(1_000_000ul, 400)]
    [InlineData(20_000ul, 400)]
    [InlineData(1_024ul, 128)]
    [InlineData(256ul, 8)]
    [InlineData(0ul, 8)]
    public void FewDescriptorsMakeFewConnections(ulong descriptors, int connections) => Assert.Equal(connections, PeerAccounts.ConnectionsFor(descriptors));

    private sealed class Clock : TimeProvider
    {
        public TimeSpan Now { get; set; }

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override long GetTimestamp() => Now.Ticks;
    }

    private sealed class Lines : ILogEventSink
    {
        public List<string> Said { get; } = [];

        public void Emit(LogEvent logEvent) => Said.Add(logEvent.RenderMessage());
    }
}
