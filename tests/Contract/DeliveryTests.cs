using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using CrashHandler.Tests.EndToEnd;
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
        options.SubmitUrl = new UriBuilder(server.Url) { UserName = secrets[0], Password = secrets[1], Query = $"token={secrets[2]}" }.Uri.AbsoluteUri;
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
    public async Task AProxyIsTakenFromTheEnvironment()
    {
        await using ScriptedServer proxy = new(ScriptedServer.Answer(200, "by proxy"));
        using World world = new();
        world.Launch(world.Keeping()).DieLast();
        world.Sandbox.KillHandler();

        ProcessResult sent = Upload(world, $"HTTP_PROXY={proxy.Url}", "http://crash.invalid/post");

        Assert.Contains("uploaded  by proxy", sent.Output);
        Assert.StartsWith("POST http://crash.invalid/post HTTP/1.1\r\n", await proxy.NextAsync(TestContext.Current.CancellationToken));
    }

    /// <summary>With a certificate that the platform is told to trust, and with one that it does not know.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task CertificatesAreThePlatforms(bool isTrusted)
    {
        using ECDsa key = ECDsa.Create();
        CertificateRequest request = new("CN=127.0.0.1", key, HashAlgorithmName.SHA256);
        SubjectAlternativeNameBuilder names = new();
        names.AddIpAddress(IPAddress.Loopback);
        request.CertificateExtensions.Add(names.Build());
        using X509Certificate2 certificate = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
        await using ScriptedServer server = new(certificate, ScriptedServer.Answer(200, "over TLS"));
        using World world = new();
        world.Launch(world.Keeping()).DieLast();
        world.Sandbox.KillHandler();
        string trusted = world.Sandbox.WriteFile("trusted.pem", System.Text.Encoding.ASCII.GetBytes(isTrusted ? certificate.ExportCertificatePem() : ""));

        ProcessResult sent = Upload(world, $"SSL_CERT_FILE={trusted}", server.Url.AbsoluteUri);

        Assert.Contains(isTrusted ? "uploaded  over TLS" : "pending  The SSL connection could not be established", sent.Output);
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
        world.Collector.WaitFor(1);
        world.Sandbox.WaitUntilUploaded();

        using JsonDocument record = JsonDocument.Parse(File.ReadAllText(Directory.EnumerateFiles(world.Sandbox.Database, "*.json", SearchOption.AllDirectories)
            .Single(path => Path.GetFileName(path) != "settings.json" && !path.EndsWith(".managed.json", StringComparison.Ordinal))));
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

    private static ProcessResult Upload(World world, string variable, string url)
        => world.Sandbox.Run("/usr/bin/env", variable, TestPrograms.Shared.Handler, "reports", "upload", "--all", "--database", world.Sandbox.Database, "--url", url);

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
