using Xunit;

namespace CrashHandler.Tests.Windows;

/// <summary>What <c>dotnet publish -r win-x64</c> of an application has beside it. By build/test-windows only.</summary>
public sealed class WindowsPackageTests
{
    [Fact(Explicit = true)]
    public void AnApplicationHasEverythingBesideIt()
    {
        string folder = Path.GetDirectoryName(WineSandbox.Victim)!;

        Assert.All((string[])["crash-handler.exe", "crashhandler.dll", "CrashHandler.StartupHook.dll", "CrashHandler.Client.dll"], name => Assert.True(File.Exists(Path.Combine(folder, name)), name));
        Assert.All((string[])["crash-handler", "libcrashhandler.so"], name => Assert.False(File.Exists(Path.Combine(folder, name)), name));
        Assert.Equal(File.ReadAllBytes(WineSandbox.Handler), File.ReadAllBytes(Path.Combine(folder, "crash-handler.exe")));
    }
}
