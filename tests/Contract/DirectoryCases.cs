using System.Text.Json;
using Xunit;

namespace CrashHandler.Tests.Contract;

/// <summary>Where reports are kept, and that they stay there when nothing is to be sent.</summary>
public sealed class DirectoryCases
{
    [Fact]
    [ElectronCase("8-11")]
    public void ItIsNamedAfterTheApplication()
    {
        using World world = new();
        Application application = world.Launch();
        Assert.Equal(JsonValueKind.Null, application.Ask("directory").ValueKind);

        application.Start(new CrashReporterOptions { CompanyName = "", UploadToServer = false });

        Assert.Equal(world.Sandbox.PathOf("victim Crashes"), application.Ask("directory").GetString());
    }

    [Fact]
    [ElectronCase("N-30", "N-31")]
    public void ItIsInTheDirectoryForTemporaryFiles()
    {
        using World world = new();
        CrashReporterOptions options = world.Keeping();
        options.CrashesDirectory = null;
        Application application = world.Launch(options);

        Assert.Equal(world.DefaultDirectory, application.Ask("directory").GetString());
        Assert.Equal(world.Sandbox.Folder, Path.GetDirectoryName(world.DefaultDirectory));
        Assert.True(Directory.Exists(world.DefaultDirectory));
    }

    /// <summary>That nothing was sent is seen when the next report is: it alone has arrived.</summary>
    [Theory]
    [ElectronCase("8-05", "8-06")]
    [InlineData(World.R)]
    [InlineData(World.S)]
    public void WhatIsNotSentIsKept(string who)
    {
        using World world = new();
        Application application = world.Launch(world.Main());
        application.Ask("set-uploads", false);
        application.Child().Start(Silent(World.Renderer()));
        if (who == World.S)
        {
            application.Restrict();
        }

        application.Die();

        string kept = Assert.Single(World.Kept(world.Sandbox.Database));
        application.Ask("set-uploads", true);
        World.Become(application, World.R, ("isNext", "yes"));
        application.Die();
        Assert.Equal("yes", world.Arrived(application, "renderer")["isNext"]);
        world.Sandbox.Until(() => World.Kept(world.Sandbox.Database) is { Length: 2 } both ? both : null, () => "the next one to be filed");
        Assert.Contains(kept, World.Kept(world.Sandbox.Database));
    }

    /// <summary>As above; here the application's end comes between.</summary>
    [Fact]
    [ElectronCase("N-23")]
    public void NothingIsSentAfterTheEndEither()
    {
        using World world = new();
        Application first = world.Launch(Silent(world.Main()));
        World.Become(first, World.R);
        first.Die();
        first.ExitLast();
        Assert.Single(World.Kept(world.Sandbox.Database));

        CrashReporterOptions sending = world.Main();
        sending.UploadToServer = true;
        Application next = world.Launch(sending);
        World.Become(next, World.R, ("isNext", "yes"));
        next.Die();

        Assert.Equal("yes", world.Arrived(next, "renderer")["isNext"]);
    }

    public static TheoryData<string, string> Places => new(
        from who in new[] { World.M, World.R, World.S, World.N } from place in new[] { "default", "temp", "option" } select (who, place));

    [Theory]
    [ElectronCase("N-32", "N-33")]
    [MemberData(nameof(Places))]
    public void WhatIsKeptIsThere(string who, string place)
    {
        using World world = new();
        CrashReporterOptions options = world.Keeping();
        Application application = world.Launch();
        string other = world.Sandbox.MakeFolder("other");
        if (place == "temp")
        {
            application.Ask("set-temp", other);
        }

        options.CrashesDirectory = place == "option" ? Path.Combine(other, "crashes") : null;
        application.Start(options);
        string expected = place switch
        {
            "default" => world.DefaultDirectory,
            "temp" => Path.Combine(other, Path.GetFileName(world.DefaultDirectory)),
            _ => options.CrashesDirectory!,
        };
        Assert.Equal(expected, application.Ask("directory").GetString());
        World.Become(application, who);
        Assert.Equal(expected, application.Ask("directory").GetString());

        _ = who == World.M ? application.DieLast() : application.Die();

        Assert.Single(World.Kept(expected));
    }

    private static CrashReporterOptions Silent(CrashReporterOptions options)
    {
        options.UploadToServer = false;
        return options;
    }
}
