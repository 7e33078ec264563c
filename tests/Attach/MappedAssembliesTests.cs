using CrashHandler.Handler.Attach;
using Xunit;

namespace CrashHandler.Tests.Attach;

/// <summary>What the mapped files say of a runtime's start. Lines as the kernel writes them for real processes at that stage.</summary>
public sealed class MappedAssembliesTests
{
    private const string Executable = "/opt/some app/app";
    private const string Native = "7f0000000000-7f0000001000 r-xp 00006000 08:01 42                         /usr/share/dotnet/shared/10.0/libcoreclr.so";
    private const string Anonymous = "7f0000001000-7f0000002000 rw-p 00000000 00:00 0 ";
    private const string Stack = "7ffc00000000-7ffc00001000 rw-p 00000000 00:00 0                          [stack]";
    private const string CoreLibrary = "7f0000002000-7f0000003000 r-xp 00001000 08:01 43                         /usr/share/dotnet/shared/10.0/System.Private.CoreLib.dll";

    [Theory]
    [InlineData("Empty")]
    [InlineData("CoreLibrary", CoreLibrary)]
    [InlineData("CoreLibrary", CoreLibrary + " (deleted)")]
    [InlineData("CoreLibrary", CoreLibrary, "7f0000003000-7f0000004000 r-xp 00000000 08:01 44                         /opt/some app/Microsoft.NETCore.App.r2r.dll")]
    [InlineData("Started", CoreLibrary, "7f0000003000-7f0000004000 r--p 00000000 08:01 44                         /opt/some app/app.dll")]
    [InlineData("Started", CoreLibrary, "7f0000003000-7f0000004000 r--p 00000000 08:01 44                         /opt/some app/app.dll (deleted)")]
    // The host reads the list of the bundle by a mapping from its start; the program itself is mapped privately.
    [InlineData("Empty", "7f0000003000-7f0000004000 r--s 00000000 08:01 44                         /opt/some app/app", "7f0000004000-7f0000005000 r-xp 0030e000 08:01 44                         /opt/some app/app")]
    [InlineData("CoreLibrary", "7f0000003000-7f0000004000 r--s 02266000 08:01 44                         /opt/some app/app", "7f0000004000-7f0000005000 r-xp 02266000 08:01 44                         /opt/some app/app")]
    [InlineData("CoreLibrary", "7f0000003000-7f0000004000 r--s 02266000 08:01 44                         /opt/some app/app", "7f0000004000-7f0000005000 r--s 00b62000 08:01 45                         /opt/some app/other")]
    [InlineData("Started", "7f0000003000-7f0000004000 r--s 02266000 08:01 44                         /opt/some app/app", "7f0000004000-7f0000005000 r--s 00b62000 08:01 44                         /opt/some app/app")]
    public void TheStageIsSeen(string stage, params string[] lines)
        => Assert.Equal(stage, MappedAssemblies.Stage([Native, Anonymous, .. lines, Stack], Executable).ToString());
}
