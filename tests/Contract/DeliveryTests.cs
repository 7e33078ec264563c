using System.Text.Json;
using CrashHandler.Tests.Upload;
using Xunit;

namespace CrashHandler.Tests.Contract;

/// <summary>What an application says of its uploads beside where they go.</summary>
public sealed class DeliveryTests
{
    [Fact]
    public async Task CredentialsAreSentAndNeverShown()
    {
        string[] secrets = ["s3cr3t-user", "s3cr3t-password", "s3cr3t-query", "s3cr3t-header"];
        await using ScriptedServer server = new(ScriptedServer.Answer(401, "no"));
        using World world = new();
        CrashReporterOptions options = world.Keeping();
        options.UploadToServer = true;
        options.SubmitUrl = new UriBuilder(server.Url) { UserName = secrets[0], Password = secrets[1], Query = $"token={secrets[2]}" }.Uri;
        options.Headers = new Dictionary<string, string> { ["X-Token"] = secrets[3] };

        Application application = world.Launch(options);
        string handlerStatus = world.Sandbox.HandlerStatus().ToString();
        application.DieLast();
        string request = await server.NextAsync(TestContext.Current.CancellationToken);
        world.Sandbox.Until(() => world.Sandbox.SingleReport().GetProperty("state").GetString() == "failed" ? "so" : null, () => "the report to have failed");

        Assert.Contains($"token={secrets[2]} HTTP/1.1\r\n", request);
        Assert.Contains($"X-Token: {secrets[3]}\r\n", request);
        string id = world.Sandbox.SingleReport().GetProperty("id").GetString()!;
        string[] shown =
        [
            handlerStatus,
            world.Sandbox.SingleReport().ToString(),
            world.Sandbox.Handler("reports", "list", "--database", world.Sandbox.Database).Output,
            world.Sandbox.Handler("reports", "show", id, "--database", world.Sandbox.Database).Output,
            world.Sandbox.Handler("reports", "show", id, "--json", "--database", world.Sandbox.Database).Output,
            world.Sandbox.Handler("uploads", "status", "--database", world.Sandbox.Database).Output,
            world.Sandbox.Handler("status", "--database", world.Sandbox.Database).Output,
            world.Sandbox.Handler("reports", "upload", id, "--database", world.Sandbox.Database, "--url", $"htp://{secrets[0]}:{secrets[1]}@h/?k={secrets[2]}").Error,
            .. Directory.EnumerateFiles(world.Sandbox.Database, "*.log").Select(File.ReadAllText),
        ];
        Assert.All(shown, text => Assert.All(secrets, secret => Assert.DoesNotContain(secret, text)));
        Assert.Contains("***", shown[1]);
        Assert.Contains(shown, text => text.Contains("401", StringComparison.Ordinal));
    }

    [Fact]
    public void AChildThatSaysNothingIsSentAsItsMainProcessSays()
    {
        using World world = new();
        CrashReporterOptions options = world.Main(("mine", "1"));
        options.RateLimit = true;
        Application application = world.Launch(options);
        application.Child(new ChildWords { Attach = true });

        application.Die("null");

        using JsonDocument record = JsonDocument.Parse(File.ReadAllText(Directory.EnumerateFiles(world.Sandbox.Database, "*.json", SearchOption.AllDirectories)
            .Single(path => Path.GetFileName(path) != "settings.json")));
        Assert.True(record.RootElement.GetProperty("delivery").GetProperty("rateLimit").GetBoolean());
        application.ExitLast();
    }

    [Fact]
    public void AllChildrenAreCapturedWhenTheApplicationSaysSo()
    {
        using World world = new();
        CrashReporterOptions options = world.Keeping();
        options.CaptureAllChildren = true;
        Application application = world.Launch(options);

        Assert.Equal(128 + 11, application.Ask("run", "/bin/sh", "-c", "/bin/sh -c 'kill -SEGV $$'").GetInt32());
        application.Child();
        Assert.Equal(11, application.Die("null"));
        application.ExitLast();

        Assert.Equal([".NET", "native"], world.Sandbox.Reports().Select(report => report.GetProperty("parameters").GetProperty("prod").GetString()));
    }

    [Fact]
    public void WithoutThatAPlainChildIsNot()
    {
        using World world = new();
        Application application = world.Launch(world.Keeping());

        Assert.Equal(128 + 11, application.Ask("run", "/bin/sh", "-c", "kill -SEGV $$").GetInt32());
        application.ExitLast();

        Assert.Empty(world.Sandbox.Reports());
    }
}
