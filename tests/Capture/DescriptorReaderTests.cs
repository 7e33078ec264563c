using CrashHandler.Handler.Capture;
using CrashHandler.Handler.Capture.Linux;
using Xunit;

namespace CrashHandler.Tests.Capture;

/// <summary>Open file descriptors, read from links that a directory of the tests holds.</summary>
public sealed class DescriptorReaderTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("crash-handler-fd-");

    public void Dispose() => _folder.Delete(recursive: true);

    [Theory]
    [InlineData("/dev/null", "File")]
    [InlineData("/tmp/a (deleted)", "File")]
    [InlineData("socket:[12]", "Socket")]
    [InlineData("pipe:[13]", "Pipe")]
    [InlineData("anon_inode:[eventpoll]", "anon_inode:[eventpoll]")]
    [InlineData("", "")]
    public void The_link_tells_the_kind(string target, string kind) => Assert.Equal(kind, DescriptorReader.KindOf(target));

    [Fact]
    public void There_is_a_limit_and_it_is_told()
    {
        for (int i = 0; i < CaptureLimits.MaxDescriptors + 1; i++)
        {
            File.CreateSymbolicLink(Path.Combine(_folder.FullName, $"{i}"), "socket:[1]");
        }

        SoftErrorList errors = new();
        List<DescriptorSnapshot> found = DescriptorReader.Read(_folder.FullName, errors);

        Assert.InRange(found.Count, 1, CaptureLimits.MaxDescriptors);
        Assert.Equal(nameof(CaptureStep.Descriptors), Assert.Single(errors.ToArray()).Step);
    }
}
