using System.Diagnostics;
using CrashHandler.Launch;
using Xunit;

namespace CrashHandler.Tests.Client;

public class PreloadTests
{
    [Fact]
    public void AnAbsolutePathGoesFirstAndExistingValuesStay()
    {
        ProcessStartInfo child = new("x");
        child.Environment["LD_PRELOAD"] = "/other.so";
        child.Environment.Remove("LD_LIBRARY_PATH");

        Preload.Apply(child.Environment, "/opt/app/libcrashhandler.so", "/run/user/1/handler.sock");
        Preload.Apply(child.Environment, "/opt/app/libcrashhandler.so", "/run/user/1/handler.sock");

        Assert.Equal("/opt/app/libcrashhandler.so /other.so", child.Environment["LD_PRELOAD"]);
        Assert.False(child.Environment.ContainsKey("LD_LIBRARY_PATH"));
    }

    [Fact]
    public void APathThatLdSoWouldSplitGoesByNameAndSearchPath()
    {
        ProcessStartInfo child = new("x");
        child.Environment["LD_PRELOAD"] = "";
        child.Environment["LD_LIBRARY_PATH"] = "/lib";

        Preload.Apply(child.Environment, "/opt/my app/libcrashhandler.so", "/run/user/1/handler.sock");

        Assert.Equal("libcrashhandler.so", child.Environment["LD_PRELOAD"]);
        Assert.Equal("/opt/my app:/lib", child.Environment["LD_LIBRARY_PATH"]);
    }
}
