using System.IO.Pipelines;
using CrashHandler.Handler.Upload;
using Xunit;

namespace CrashHandler.Tests.Upload;

public class AnswerBodyTests
{
    private readonly Pipe _server = new();

    [Fact]
    public async Task ABodyThatFallsSilentIsWhatWasReadWhenTheLimitRings()
    {
        using CancellationTokenSource limit = new();
        Task<string> reading = await BeginAsync("CrashID=bp-1\n", limit.Token);

        await limit.CancelAsync();

        Assert.Equal("CrashID=bp-1\n", await reading);
    }

    [Fact]
    public async Task ABodyThatBreaksOffIsWhatWasRead()
    {
        Task<string> reading = await BeginAsync("CrashID=bp-1\n", TestContext.Current.CancellationToken);

        await _server.Writer.CompleteAsync(new IOException("reset"));

        Assert.Equal("CrashID=bp-1\n", await reading);
    }

    [Fact]
    public async Task AWholeBodyIsRead()
    {
        Task<string> reading = await BeginAsync("a", TestContext.Current.CancellationToken);
        await _server.Writer.WriteAsync("ü"u8.ToArray(), TestContext.Current.CancellationToken);

        await _server.Writer.CompleteAsync();

        Assert.Equal("aü", await reading);
    }

    /// <summary>A reader that has read the beginning and waits for more.</summary>
    private async Task<Task<string>> BeginAsync(string beginning, CancellationToken cancellation)
    {
        await _server.Writer.WriteAsync(System.Text.Encoding.UTF8.GetBytes(beginning), TestContext.Current.CancellationToken);
        Task<string> reading = AnswerBody.ReadAsync(new StreamContent(_server.Reader.AsStream()), cancellation);
        Assert.False(reading.IsCompleted);
        return reading;
    }
}
