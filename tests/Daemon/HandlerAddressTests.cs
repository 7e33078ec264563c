using CrashHandler.Handler.Daemon;
using Xunit;

namespace CrashHandler.Tests.Daemon;

public class HandlerAddressTests
{
    [Fact]
    public void ADatabaseHasOneNameAndAnotherHasAnother()
    {
        string name = HandlerAddress.FileName(2049, 131_073);

        Assert.Matches("^[0-9a-f]{16}-1\\.sock$", name);
        Assert.Equal(name, HandlerAddress.FileName(2049, 131_073));
        Assert.NotEqual(name, HandlerAddress.FileName(2049, 131_074));
        Assert.NotEqual(name, HandlerAddress.FileName(2050, 131_073));
    }
}
