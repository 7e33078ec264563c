using Xunit;

namespace CrashHandler.Tests.Contract;

/// <summary>Start, the choice whether to send, and what is asked before Start or of others than main.</summary>
public sealed class StartCases
{
    private const string Nowhere = "http://127.0.0.1:9/submit";

    [Fact]
    [ElectronCase("8-09", "N-34")]
    public void WhatIsMissingIsNamed()
    {
        using World world = new();
        Application application = world.Launch();

        Assert.Equal(("ArgumentException", "companyName is a required option to crashReporter.start"), Refusal(application, new CrashReporterOptions()));
        Assert.Equal(("ArgumentException", "companyName is a required option to crashReporter.start"), Refusal(application, new CrashReporterOptions { SubmitUrl = Nowhere }));
        Assert.Equal(("ArgumentException", "submitURL is a required option to crashReporter.start"), Refusal(application, new CrashReporterOptions { CompanyName = "" }));
        Assert.Equal(
            ("ArgumentException", "submitURL is a required option to crashReporter.start"),
            Refusal(application, new CrashReporterOptions { CompanyName = "", UploadToServer = true }));
    }

    [Fact]
    [ElectronCase("N-35")]
    public void NoUrlIsNeededWhenNothingIsSent()
    {
        using World world = new();
        Application application = world.Launch();

        Assert.Empty(application.Start(new CrashReporterOptions { CompanyName = "", UploadToServer = false, CrashesDirectory = world.Sandbox.Database }));
    }

    [Fact]
    [ElectronCase("8-10", "N-36")]
    public void StartAgainIsNoError()
    {
        using World world = new();
        CrashReporterOptions options = world.Keeping();
        options.SubmitUrl = Nowhere;
        Application application = world.Launch(options);

        Assert.Empty(application.Start(options));

        string[] ignored = application.Start(new CrashReporterOptions { CompanyName = "Another", SubmitUrl = "http://127.0.0.1:9/another", UploadToServer = false });
        Assert.StartsWith("SubmitUrl: ", Assert.Single(ignored), StringComparison.Ordinal);
        Assert.Equal("Another", application.Parameters()["_companyName"]);
    }

    [Theory]
    [ElectronCase("8-14", "8-15", "8-17", "8-18", "N-37", "N-38", "N-39")]
    [InlineData(null, true)]
    [InlineData(true, true)]
    [InlineData(false, false)]
    public void WhetherToSendIsWhatWasSaidLast(bool? atStart, bool expected)
    {
        using World world = new();
        CrashReporterOptions options = world.Keeping();
        options.SubmitUrl = Nowhere;
        options.UploadToServer = atStart;
        Application application = world.Launch(options);

        Assert.Equal(expected, application.Ask("uploads").GetBoolean());
        foreach (bool choice in new[] { false, true, false })
        {
            application.Ask("set-uploads", choice);
            Assert.Equal(choice, application.Ask("uploads").GetBoolean());
        }
    }

    [Fact]
    [ElectronCase("8-16")]
    public void OnlyMainIsAskedWhetherToSend()
    {
        using World world = new();
        Application application = world.Launch(world.Keeping());
        World.Become(application, World.R);

        Assert.Equal(("InvalidOperationException", "getUploadToServer can only be called from the main process"), application.AskInVain("uploads"));
        Assert.Equal(("InvalidOperationException", "setUploadToServer can only be called from the main process"), application.AskInVain("set-uploads", true));
        application.Exit();
        Assert.False(application.Ask("uploads").GetBoolean());
    }

    [Theory]
    [ElectronCase("8-22", "N-40")]
    [InlineData("null", 11)]
    [InlineData("unhandled", 6)]
    public void AProcessThatNeverCalledStartEnds(string kind, int signal)
    {
        using World world = new();
        Application application = world.Launch();

        Assert.Equal(signal, application.Child().Die(kind));
        application.Child().Exit();
        application.ExitLast();
        Assert.Equal(signal, world.Launch().DieLast(kind));
    }

    // The parameter's name, which .NET appends, is not part of the words.
    private static (string Exception, string Message) Refusal(Application application, CrashReporterOptions options)
    {
        (string exception, string message) = application.AskInVain("start", options);
        return (exception, message.Replace(" (Parameter 'options')", "", StringComparison.Ordinal));
    }
}
