using CrashHandler.Handler.Daemon;
using CrashHandler.Handler.Posix;
using Xunit;

namespace CrashHandler.Tests.Daemon;

public sealed class EventLoopTests
{
    /// <summary>A capture may end after its handler's loop: the wake-up must not be written to a file that has got the descriptor's number.</summary>
    [Fact]
    public void AfterItsEndNothingIsWrittenAnywhere()
    {
        string directory = Directory.CreateTempSubdirectory("loop").FullName;
        EventLoop loop = new(TimeProvider.System);
        loop.Dispose();
        // More than enough to have every number that it had.
        List<FileStream> files = [.. Enumerable.Range(0, 64).Select(i => File.Create(Path.Combine(directory, $"{i}")))];

        loop.Post(() => { });

        Assert.All(files, file => Assert.Equal(0, file.Length));
        files.ForEach(file => file.Dispose());
        Directory.Delete(directory, recursive: true);
    }

    [Fact]
    public void AClosedDescriptorHasNoNumber()
    {
        FileDescriptor file = new(Libc.memfd_create("number", Libc.MFD_CLOEXEC));
        Assert.True(file.Number >= 0);

        file.Dispose();

        Assert.Equal(-1, file.Number);
    }
}
