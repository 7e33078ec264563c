using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using CrashHandler.Protocol;
using Xunit;

namespace CrashHandler.Tests.Client;

public class OwnRegistrationTests
{
    private static readonly ExceptionDescription s_exception = new("Type", "message", "text");

    [Fact]
    public void AnExceptionIsKeptInItsFields()
    {
        OwnRegistration registration = new([]);

        // Not in a block, because none was published.
        Assert.False(registration.TryRecord(s_exception));

        Assert.Equal("Type", registration.Field(RegistrationFields.ExceptionType));
        Assert.Equal("message", registration.Field(RegistrationFields.ExceptionMessage));
        Assert.Equal("text", registration.Field(RegistrationFields.ExceptionText));
    }

    [Fact]
    public void ADyingThreadDoesNotWaitForAStuckOneForEver()
    {
        using ManualResetEventSlim reached = new();
        using ManualResetEventSlim released = new();
        OwnRegistration registration = new(new Dictionary<string, string>(new StuckComparer("stuck", reached, released)));
        Thread stuck = new(() => registration.SetField("stuck", "value"));
        stuck.Start();
        reached.Wait(TestContext.Current.CancellationToken);

        Stopwatch clock = Stopwatch.StartNew();
        bool isRecorded = registration.TryRecord(s_exception);
        clock.Stop();
        released.Set();
        stuck.Join();

        Assert.False(isRecorded);
        Assert.Null(registration.Field(RegistrationFields.ExceptionType));
        Assert.True(clock.Elapsed >= ClientLimits.ExceptionLock, $"gave up after {clock.Elapsed}");
    }

    [Fact]
    public void AThreadThatDiesInItsOwnWriteIsNotStopped()
    {
        OwnRegistration registration = null!;
        Dictionary<string, string> fields = new(new CallingComparer("dying", () => registration.TryRecord(s_exception)));
        registration = new OwnRegistration(fields);

        registration.SetField("dying", "value");

        Assert.Equal("text", registration.Field(RegistrationFields.ExceptionText));
    }

    [Fact]
    public void TheLastParameterIsRefused()
    {
        OwnRegistration registration = new([]);
        for (int i = 0; i < ProtocolLimits.MaxParameters; i++)
        {
            registration.Set($"key{i}", "");
        }

        registration.Set("key0", "again");
        Assert.Throws<InvalidOperationException>(() => registration.Set("one more", ""));
        registration.Remove("key1");
        registration.Set("one more", "");
        Assert.Equal(ProtocolLimits.MaxParameters, registration.Parameters.Count);
    }

    /// <summary>Holds the registration's lock by standing still where a dictionary asks for a key's hash.</summary>
    private sealed class StuckComparer(string key, ManualResetEventSlim reached, ManualResetEventSlim released) : IEqualityComparer<string>
    {
        public bool Equals(string? x, string? y) => x == y;

        public int GetHashCode([DisallowNull] string obj)
        {
            if (obj == key)
            {
                reached.Set();
                released.Wait();
            }

            return obj.GetHashCode(StringComparison.Ordinal);
        }
    }

    private sealed class CallingComparer(string key, Action action) : IEqualityComparer<string>
    {
        public bool Equals(string? x, string? y) => x == y;

        public int GetHashCode([DisallowNull] string obj)
        {
            if (obj == key)
            {
                action();
            }

            return obj.GetHashCode(StringComparison.Ordinal);
        }
    }
}
