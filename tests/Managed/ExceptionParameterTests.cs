using System.Text.Json;
using CrashHandler.Handler.Stacks.Document;
using CrashHandler.Tests.EndToEnd;
using CrashHandler.Tests.Table;
using Xunit;

namespace CrashHandler.Tests.Managed;

/// <summary>What the walk found becomes parameters of the report, which are uploaded with it.</summary>
public sealed class ExceptionParameterTests
{
    private const string Invalid = "System.InvalidOperationException";

    // Where the outer one was thrown; Main, outside of it, only began the thread.
    private const string Signature = $"{Invalid} | CrashHandler.Victims.Stacks.InnerExceptions.Run";

    [Theory]
    [InlineData(nameof(Way.Start))]
    [InlineData(nameof(Way.Exec))]
    public void TheyAreThoseOfTheOuterException(string way)
    {
        using Sandbox sandbox = new(Identities.Own);

        StackVictimReport seen = StackVictim.Run(sandbox, "inner-exceptions", Enum.Parse<Way>(way), StackVictim.Folder("net10.0"));

        JsonElement parameters = seen.Record.GetProperty("parameters");
        Assert.Equal((Invalid, "the outer one"), (Text(parameters, "exception.type"), Text(parameters, "exception.message")));
        Assert.Equal((Signature, Signature, Signature), (Text(parameters, "signature"), seen.Document.Signature, Text(seen.Record, "signature")));
        Assert.Equal(["exception.message", "exception.type", "signature"], parameters.EnumerateObject().Select(one => one.Name).Where(IsTheWalks).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void ALongMessageIsCut()
    {
        using Sandbox sandbox = new(Identities.User);

        sandbox.RunMain("unhandled-huge", "--no-upload");

        JsonElement report = sandbox.SingleReport();
        StackDocument document = StackVictim.DocumentOf(report);
        Assert.Equal((StackSource.Walk, null), (document.Source, document.Problem));
        // The victim's message is of letters of two bytes.
        Assert.Equal(new string('é', 4_096 / 2), document.Exception?.Message);
        Assert.Equal(new string('é', 1_024 / 2), Text(report.GetProperty("parameters"), "exception.message"));
        Assert.Equal(Invalid, Text(report.GetProperty("parameters"), "exception.type"));
    }

    private static bool IsTheWalks(string name) => name.StartsWith("exception", StringComparison.Ordinal) || name == "signature";

    private static string? Text(JsonElement element, string name) => element.TryGetProperty(name, out JsonElement value) ? value.GetString() : null;
}
