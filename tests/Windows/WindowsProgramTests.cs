using CrashHandler.Handler.Exec;
using CrashHandler.Launch;
using Xunit;

namespace CrashHandler.Tests.WindowsText;

/// <summary>What <c>exec</c> for Windows makes of names, headers and lists, tried here.</summary>
public sealed class WindowsProgramTests
{
    [Theory]
    [InlineData("app", @".\app.EXE|.\app.CMD|C:\a\app.EXE|C:\a\app.CMD|D:\b c\app.EXE|D:\b c\app.CMD")]
    [InlineData("app.exe", @".\app.exe|.\app.exe.EXE|.\app.exe.CMD|C:\a\app.exe|C:\a\app.exe.EXE|C:\a\app.exe.CMD|D:\b c\app.exe|D:\b c\app.exe.EXE|D:\b c\app.exe.CMD")]
    [InlineData(@".\app", @".\app.EXE|.\app.CMD")]
    [InlineData("sub/app.exe", "sub/app.exe|sub/app.exe.EXE|sub/app.exe.CMD")]
    [InlineData(@"C:\x.y\app", @"C:\x.y\app.EXE|C:\x.y\app.CMD")]
    public void AProgramIsLookedForAsCmdDoes(string name, string candidates)
        => Assert.Equal(candidates.Split('|'), ProgramSearch.Candidates(name, @"C:\a;;""D:\b c\""", ".EXE;.CMD", isCurrentDirectoryFirst: true));

    [Fact]
    public void NotInTheCurrentDirectoryWhereThatIsNotWanted()
        => Assert.Equal([@"C:\a\app.COM", @"C:\a\app.EXE", @"C:\a\app.BAT", @"C:\a\app.CMD"], ProgramSearch.Candidates("app", @"C:\a", null, isCurrentDirectoryFirst: false));

    [Fact]
    public void ABatchFilesArgumentsAreLiteral()
        => Assert.Equal(
            """
            "C:\cmd.exe" /d /e:on /v:off /c ""C:\my b.cmd" "a b" "" "c&d^e!" "x\\""
            """,
            BatchCommandLine.Of(@"C:\cmd.exe", @"C:\my b.cmd", ["a b", "", "c&d^e!", @"x\"]));

    [Theory]
    [InlineData("%PATH%")]
    [InlineData("a\"b")]
    [InlineData("a\nb")]
    public void WhatIsNotLiteralIsRefused(string argument) => Assert.Null(BatchCommandLine.Of(@"C:\cmd.exe", @"C:\b.cmd", ["a", argument]));

    /// <summary>Our own assemblies are images with a CLI header; what is cut off, or none, is none.</summary>
    [Fact]
    public void TheHeadersOfAnImage()
    {
        byte[] assembly = File.ReadAllBytes(typeof(WindowsProgramTests).Assembly.Location)[..PortableExecutable.HeaderBytes];

        Assert.True(PortableExecutable.Read(assembly) is { IsManaged: true });
        Assert.Null(PortableExecutable.Read([]));
        Assert.Null(PortableExecutable.Read(assembly.AsSpan(0, 100)));
        Assert.Null(PortableExecutable.Read("#!/bin/sh and more, up to where the other header should be, and beyond"u8));
        // e_lfanew, beyond the end and before the start.
        BitConverter.TryWriteBytes(assembly.AsSpan(0x3C), int.MaxValue);
        Assert.Null(PortableExecutable.Read(assembly));
        BitConverter.TryWriteBytes(assembly.AsSpan(0x3C), -1);
        Assert.Null(PortableExecutable.Read(assembly));
    }

    [Theory]
    [InlineData(null, @"C:\h.dll")]
    [InlineData("", @"C:\h.dll")]
    [InlineData(@"C:\other.dll", @"C:\other.dll;C:\h.dll")]
    [InlineData(@"c:\H.dll;C:\other.dll", @"c:\H.dll;C:\other.dll")]
    public void TheHookIsInTheListOnce(string? existing, string list) => Assert.Equal(list, ChildHook.With(existing, @"C:\h.dll", ';'));

    [Fact]
    public void APathWithTheListsSeparatorIsRefused() => Assert.Throws<HandlerUnavailableException>(() => ChildHook.With(null, @"C:\a;b\h.dll", ';'));
}
