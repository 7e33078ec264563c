using System.Text;
using System.Text.Json;
using CrashHandler.Handler.Minidump;
using CrashHandler.Handler.Minidump.Format;
using CrashHandler.Tests.Contract;
using Xunit;

namespace CrashHandler.Tests.EndToEnd;

/// <summary>CrashReporterOptions.IncludeEnvironment and SanitizeStacks: what is kept out of a dump, and that <c>reports show</c> says so.</summary>
public sealed class PrivacyTests
{
    private const string Variable = "PRIVACY_TEST_TOKEN";
    private const string Secret = "kept-in-the-environment-7f3a";

    [Theory]
    [InlineData(false, false, "the environment is left out; stacks and registers are as they were")]
    [InlineData(true, false, "the environment is in the dump; stacks and registers are as they were")]
    [InlineData(false, true, "the environment is left out; stacks and registers are sanitized, and what they point at is left out")]
    [InlineData(true, true, "the environment is in the dump; stacks and registers are sanitized, and what they point at is left out")]
    public void TheEnvironmentIsInADumpOnlyIfItsProcessSaysSo(bool isIncluded, bool isSanitized, string said)
    {
        using World world = new();
        CrashReporterOptions options = world.Keeping();
        Application application = world.Launch(options);
        Application child = application.Child(new ChildWords { Environment = { [Variable] = Secret } });
        CrashReporterOptions childs = World.Renderer();
        (childs.IncludeEnvironment, childs.SanitizeStacks) = (isIncluded, isSanitized);
        child.Start(childs);

        Assert.Equal(11, child.Die("segv"));

        JsonElement report = world.Sandbox.SingleReport();
        byte[] dump = File.ReadAllBytes(report.GetProperty("dump").GetString()!);
        // The runtime keeps copies on its heap; what a stack points at may be one of them, in a dump that is not sanitized.
        if (isIncluded || isSanitized)
        {
            Assert.Equal(isIncluded, dump.AsSpan().IndexOf(Encoding.UTF8.GetBytes($"{Variable}={Secret}\0")) >= 0);
            Assert.Equal(isIncluded, dump.AsSpan().IndexOf(Encoding.UTF8.GetBytes(Secret)) >= 0);
        }

        Assert.Equal(isIncluded, MinidumpFile.Read(dump).Streams.Any(stream => stream.Type == MinidumpStreamType.LinuxEnviron));
        Assert.Equal((isIncluded, isSanitized), (report.GetProperty("environment").GetBoolean(), report.GetProperty("sanitized").GetBoolean()));
        Assert.Contains($"\nPrivate     {said}\n", Show(world, report), StringComparison.Ordinal);
        application.ExitLast();
    }

    /// <summary>What the main process says of its own environment, its children need not want.</summary>
    [Fact]
    public void AChildsEnvironmentIsItsOwnAffair()
    {
        using World world = new();
        CrashReporterOptions options = world.Keeping();
        options.IncludeEnvironment = true;
        Application application = world.Launch(options);
        Application child = application.Child(new ChildWords { Environment = { [Variable] = Secret } });
        child.Start(World.Renderer());

        child.Die("segv");

        Assert.False(world.Sandbox.SingleReport().GetProperty("environment").GetBoolean());
        application.ExitLast();
    }

    [Fact]
    public void WhatIsMissingBesideTheDumpIsShown()
    {
        using World world = new();
        Application application = world.Launch(world.Keeping());
        string missing = world.Sandbox.PathOf("never-written.log");
        application.Ask("attach-file", missing);

        application.DieLast("segv");

        Assert.Matches($@"\nLeft out or cut beside the dump:\n  .*{System.Text.RegularExpressions.Regex.Escape(missing)}", Show(world, world.Sandbox.SingleReport()));
    }

    private static string Show(World world, JsonElement report)
        => world.Sandbox.Handler("reports", "show", report.GetProperty("id").GetString()!, "--database", world.Sandbox.Database).Output;
}
