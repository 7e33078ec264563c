using System.Net;
using System.Text.Json;
using CrashHandler.Tests.Contract;
using CrashHandler.Tests.Table;
using Xunit;

namespace CrashHandler.Tests.EndToEnd;

/// <summary>Applications that know nothing of us, started with <c>DOTNET_STARTUP_HOOKS</c> and nothing else: no code, no preload, no attach.</summary>
public sealed class StartupHookTests
{
    /// <summary>The runtimes, by what build/shapes makes for each: without a runtime that is installed, one that brings its own.</summary>
    public static TheoryData<string> Runtimes => ["net8.0", "net9.0", "net10.0"];

    [Theory]
    [MemberData(nameof(Runtimes))]
    public void ACrashIsReportedWithItsManagedStackAndOtherwiseUnchanged(string framework)
    {
        using Sandbox sandbox = new(Identities.User);
        string victim = VictimOf(framework);
        string[] arguments = ["unhandled-main", sandbox.PathOf("facts")];
        ProcessResult bare = sandbox.Run(victim, arguments);

        ProcessResult hooked = Hooked(sandbox, [], victim, arguments).Finish();

        Assert.Equal(128 + 6, bare.ExitCode);
        Assert.Equal((bare.ExitCode, bare.Output, bare.Error), (hooked.ExitCode, hooked.Output, hooked.Error));
        string database = sandbox.PathOf("deathvictim Crashes");
        JsonElement report = sandbox.Json("reports", "list", "--database", database, "--json").EnumerateArray().Single();
        Assert.Equal(
            ("SIGABRT /SI_TKILL", "main", "System.InvalidOperationException | Program.Main", "Walk", "the victim's exception"),
            (Text(report, "reason"), Text(report, "processType"), Text(report, "signature"), Text(report, "managedSource"), Text(report.GetProperty("exception"), "message")));
        Assert.Equal(("deathvictim", ""), (Text(report.GetProperty("parameters"), "_productName"), Text(report.GetProperty("parameters"), "_companyName")));
        ProcessResult shown = sandbox.Handler("reports", "show", Text(report, "id"), "--database", database);
        Assert.Contains("M  Program.<Main>$(System.String[])", shown.Output, StringComparison.Ordinal);
    }

    /// <summary>A web server; every option that can be seen in a report or an upload.</summary>
    [Fact]
    public async Task OptionsAreTakenFromTheEnvironment()
    {
        using Sandbox sandbox = new(Identities.User);
        Collector collector = sandbox.StartCollector("--gzip");
        string log = sandbox.WriteFile("a.log", "the log"u8.ToArray());
        RunningProcess server = Hooked(
            sandbox,
            [
                $"CRASH_HANDLER_SUBMIT_URL={collector.Url}", $"CRASH_HANDLER_CRASHES_DIRECTORY={sandbox.Database}", "CRASH_HANDLER_PRODUCT_NAME=Zombies",
                "CRASH_HANDLER_COMPANY_NAME=Umbrella Corporation", "CRASH_HANDLER_PROCESS_TYPE=web", "CRASH_HANDLER_EXTRA=channel=beta,region=a%2Cb",
                $"CRASH_HANDLER_ATTACHMENTS={log}", "CRASH_HANDLER_HEADERS=X-Token=secret", "CRASH_HANDLER_SANITIZE_STACKS=1", "CRASH_HANDLER_INCLUDE_ENVIRONMENT=1",
                "CRASH_HANDLER_COMPRESS_UPLOADS=1", "CRASH_HANDLER_WAIT_FOR_UPLOAD=60",
            ],
            TestPrograms.Shared.WebVictim,
            "--urls", "http://127.0.0.1:0");
        using HttpClient client = new() { BaseAddress = new Uri(server.ReadLine()), Timeout = EndToEndLimits.Deadline };

        // What a request throws is the server's.
        Assert.Equal(HttpStatusCode.InternalServerError, (await client.GetAsync("/throw", TestContext.Current.CancellationToken)).StatusCode);
        await Assert.ThrowsAsync<HttpRequestException>(() => client.GetAsync("/crash", TestContext.Current.CancellationToken));
        Assert.Equal(128 + 6, server.Finish().ExitCode);

        // It was held until it was sent.
        JsonElement report = sandbox.SingleReport();
        Assert.Equal(("uploaded", "web"), (Text(report, "state"), Text(report, "processType")));
        Assert.True(report.GetProperty("sanitized").GetBoolean() && report.GetProperty("environment").GetBoolean());
        JsonElement parameters = report.GetProperty("parameters");
        Assert.Equal(
            ("Zombies", "Umbrella Corporation", "beta", "a,b"),
            (Text(parameters, "_productName"), Text(parameters, "_companyName"), Text(parameters, "channel"), Text(parameters, "region")));
        Assert.Equal("a.log", report.GetProperty("attachments").EnumerateArray().Single().GetString());
        string arrived = Assert.Single(collector.Arrived());
        string[] head = File.ReadAllLines(arrived + ".head");
        Assert.Contains("X-Token: secret", head);
        Assert.Contains("Content-Encoding: gzip", head);
        Assert.Equal(("web", "Zombies", "beta"), (Collector.Fields(arrived)["process_type"], Collector.Fields(arrived)["_productName"], Collector.Fields(arrived)["channel"]));
    }

    /// <summary>Whatever stands in the variables, the application runs, and nothing of ours is in its output.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void BadValuesCostThemselvesOnly(bool isVerbose)
    {
        using Sandbox sandbox = new(Identities.User);
        string[] bad = ["CRASH_HANDLER_SUBMIT_URL=nowhere", "CRASH_HANDLER_RATE_LIMIT=maybe", $"CRASH_HANDLER_VERBOSE={(isVerbose ? 1 : 0)}", "CRASH_HANDLER_EXTRA=a"];

        ProcessResult hooked = Hooked(sandbox, [$"CRASH_HANDLER_CRASHES_DIRECTORY={sandbox.Database}", .. bad], TestPrograms.Shared.Victim, "--kind", "abort").Finish();

        const string url = "CRASH_HANDLER_SUBMIT_URL: submitURL must be an absolute http or https URL; it is 'nowhere'";
        const string rate = "CRASH_HANDLER_RATE_LIMIT: takes 1 or 0, true or false; it is 'maybe'";
        const string extra = "CRASH_HANDLER_EXTRA: takes KEY=VALUE,KEY=VALUE, with %2C for a comma; number 1 is none";
        Assert.Equal((128 + 6, "victim\n"), (hooked.ExitCode, hooked.Output));
        Assert.Equal(isVerbose ? string.Concat(new[] { url, rate, extra }.Select(line => $"crash-handler: {line}\n")) : "", hooked.Error);
        Assert.Equal("SIGABRT /SI_TKILL", Text(sandbox.SingleReport(), "reason"));
        Assert.Contains($"Start did not take {url}; {rate}; {extra}", File.ReadAllText(Path.Combine(sandbox.Database, "handler.log")), StringComparison.Ordinal);
    }

    [Fact]
    public void WithoutAHandlerTheApplicationRunsUnharmed()
    {
        using Sandbox sandbox = new(Identities.User);

        ProcessResult hooked = Hooked(sandbox, ["CRASH_HANDLER_PATH=/nowhere/crash-handler"], TestPrograms.Shared.Victim, "--kind", "caught").Finish();

        Assert.Equal((0, "victim\ncaught 1100\n", ""), (hooked.ExitCode, hooked.Output, hooked.Error));
    }

    /// <summary>Its children inherit the variables and the handler.</summary>
    [Fact]
    public void AChildIsOneOfTheSameHandler()
    {
        using Sandbox sandbox = new(Identities.User);
        Application main = Converse(sandbox);

        Assert.Equal(128 + 6, main.Ask("run", "/bin/sh", "-c", "exec \"$0\" --kind failfast >/dev/null", TestPrograms.Shared.Victim).GetInt32());
        main.DieLast("segv");

        Assert.Equal(["main", "child"], sandbox.Reports().Select(report => Text(report, "processType")));
    }

    /// <summary>Then its own values count, and it is the same main process: also of the last run it knows what only a main process may ask.</summary>
    [Fact]
    public void ItsOwnStartWins()
    {
        using Sandbox sandbox = new(Identities.User);
        Application first = Converse(sandbox, "CRASH_HANDLER_EXTRA=who=operator,only=operator", "CRASH_HANDLER_PRODUCT_NAME=Operator's");
        first.Start(Own());
        Assert.False(first.Ask("crashed-last-run").GetBoolean());
        first.DieLast("unhandled");

        JsonElement report = sandbox.SingleReport();
        JsonElement parameters = report.GetProperty("parameters");
        Assert.Equal(("main", "Zombies", "Umbrella Corporation", "application"), (Text(report, "processType"), Text(parameters, "_productName"), Text(parameters, "_companyName"), Text(parameters, "who")));
        Assert.False(parameters.TryGetProperty("only", out _));
        Assert.Equal("the victim's exception", Text(report.GetProperty("exception"), "message"));

        Application second = Converse(sandbox);
        second.Start(Own());
        Assert.True(second.Ask("crashed-last-run").GetBoolean());
        Assert.Equal(1, second.Ask("crashes-in-a-row").GetInt32());
        Assert.False(second.Ask("uploads").GetBoolean());
        second.ExitLast();

        CrashReporterOptions Own() => new()
        {
            ProductName = "Zombies",
            CompanyName = "Umbrella Corporation",
            UploadToServer = false,
            CrashesDirectory = sandbox.Database,
            Extra = new Dictionary<string, string> { ["who"] = "application" },
        };
    }

    /// <summary>A build under such an environment is no application of anybody's.</summary>
    [Fact]
    public void TheSdkIsLeftAlone()
    {
        using Sandbox sandbox = new(Identities.User);
        string[] sdk = [Path.Combine(Path.GetFullPath(Path.Combine(Path.GetDirectoryName(typeof(object).Assembly.Location)!, "..", "..", "..")), "dotnet"), "nuget", "--version"];
        ProcessResult bare = sandbox.Run("env", ["DOTNET_NOLOGO=1", .. sdk]);

        ProcessResult hooked = Hooked(sandbox, ["DOTNET_NOLOGO=1", "CRASH_HANDLER_VERBOSE=1"], sdk[0], sdk[1..]).Finish();

        Assert.SkipWhen(bare.ExitCode != 0, $"needs the .NET SDK: {bare.Error}");
        // Not the same error output: the first one in a new home has something to say.
        Assert.Equal((0, bare.Output), (hooked.ExitCode, hooked.Output));
        Assert.DoesNotContain("crash-handler", hooked.Error, StringComparison.Ordinal);
        Assert.Empty(Directory.EnumerateDirectories(sandbox.Folder, "* Crashes"));
    }

    private static Application Converse(Sandbox sandbox, params string[] variables)
        => new(Hooked(sandbox, [$"CRASH_HANDLER_CRASHES_DIRECTORY={sandbox.Database}", .. variables], TestPrograms.Shared.Victim, "--converse", "--handler", TestPrograms.Shared.Handler));

    private static RunningProcess Hooked(Sandbox sandbox, string[] variables, string program, params string[] arguments)
        => sandbox.Start("env", [$"DOTNET_STARTUP_HOOKS={TestPrograms.Shared.Hook}", .. variables, program, .. arguments]);

    private static string VictimOf(string framework)
    {
        Shape[] shapes = [.. Shape.All().Where(shape => shape.Name == $"{framework}-shared" || shape.Name == $"{framework}-self-contained")];
        Shape? there = shapes.FirstOrDefault(shape => shape.WhyAbsent is null);
        Assert.SkipWhen(there is null, string.Join("; ", shapes.Select(shape => shape.WhyAbsent)));
        return there!.Victim;
    }

    private static string Text(JsonElement element, string name) => element.GetProperty(name).GetString()!;
}
