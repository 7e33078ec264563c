using CrashHandler.Handler.Posix;
using CrashHandler.Handler.Reports;
using Xunit;

namespace CrashHandler.Tests.Reports;

/// <summary>A file is read whole, by memory that other files were read by.</summary>
public sealed class DurableFileTests : IDisposable
{
    private const int EISDIR = 21;

    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("crash-handler-files-");

    public void Dispose() => _directory.Delete(recursive: true);

    // At the ends of what is read at first, and of what that grows to.
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(8_191)]
    [InlineData(8_192)]
    [InlineData(8_193)]
    [InlineData(16_384)]
    [InlineData(100_000)]
    public void AllOfAFileIsRead_AndNothingOfAnother(int length)
    {
        string other = Write("other", [.. Enumerable.Repeat((byte)'x', 200_000)]);
        byte[] contents = [.. Enumerable.Range(0, length).Select(at => (byte)(at % 251))];
        string path = Write("file", contents);

        Assert.Equal(200_000, DurableFile.Read(other, maxBytes: 200_000)!.Length);
        Assert.Equal(contents, DurableFile.Read(path, maxBytes: length));
        Assert.Equal($"{length}", DurableFile.Read(path, length, read => $"{read.Length}"));
    }

    [Fact]
    public void OneIsReadWhileAnotherIsLookedAt()
    {
        string first = Write("first", [1, 1]), second = Write("second", [2, 2]);

        int[] seen = DurableFile.Read(first, maxBytes: 2, outer =>
        {
            byte[] inner = DurableFile.Read(second, maxBytes: 2)!;
            return new int[] { outer[0], inner[0], outer[1] };
        })!;

        Assert.Equal([1, 2, 1], seen);
    }

    [Fact]
    public void OneThatIsLongerIsRefused()
    {
        string path = Write("file", new byte[8_193]);

        InvalidDataException refused = Assert.Throws<InvalidDataException>(() => DurableFile.Read(path, maxBytes: 8_192));

        Assert.Equal("it has more than 8192 bytes", refused.Message);
    }

    [Fact]
    public void OneThatIsMissingIsNull_AndAnyOtherFailureIsItself()
    {
        Assert.Null(DurableFile.Read(Path.Combine(_directory.FullName, "none"), maxBytes: 1));
        SyscallException failure = Assert.Throws<SyscallException>(() => DurableFile.Read(_directory.FullName, maxBytes: 1));
        Assert.Equal(("read", EISDIR), (failure.Syscall, failure.Errno));
    }

    [Fact]
    public void WhatIsThrownOfItsContentsComesOut()
    {
        string path = Write("file", [1]);

        Assert.Throws<SyscallException>(() => DurableFile.Read<string>(path, maxBytes: 1, _ => throw new SyscallException("open", Libc.ENOENT, path)));
    }

    private string Write(string name, byte[] contents)
    {
        string path = Path.Combine(_directory.FullName, name);
        File.WriteAllBytes(path, contents);
        return path;
    }
}
