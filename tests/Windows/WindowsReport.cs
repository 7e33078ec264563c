using System.Text.Json;
using CrashHandler.Tests.EndToEnd;

namespace CrashHandler.Tests.Windows;

/// <summary>
/// One access violation with all that a report holds, for the tests that look at it, made by the first of them: a dump takes Wine half a minute. It has an attachment, and one that is not there; it was
/// not sent; <c>reports watch</c> looked on.
/// </summary>
public sealed class WindowsReport : IDisposable
{
    /// <summary>What is attached.</summary>
    public const string AttachmentText = "as it was at the end";

    /// <summary>What is not there.</summary>
    public const string Missing = @"C:\nowhere\missing.log";

    private readonly Lazy<Scene> _scene = new(Play);

    /// <summary>Where it is.</summary>
    internal WineSandbox Sandbox => _scene.Value.Sandbox;

    /// <summary>Who died.</summary>
    internal WindowsVictim Victim => _scene.Value.Victim;

    /// <summary>It, as <c>reports show --json</c> has it before anything is done to it.</summary>
    public JsonElement Json => _scene.Value.Json;

    /// <summary>Its dump, as Linux names it.</summary>
    public string Dump => Path.Combine(Sandbox.Database, "completed", $"{Json.GetProperty("id").GetString()}.dmp");

    /// <summary>What <c>reports watch --json</c> said once it had said of the report that was there before.</summary>
    public string Watched => _scene.Value.Watched;

    public void Dispose()
    {
        if (_scene.IsValueCreated)
        {
            _scene.Value.Sandbox.Dispose();
        }
    }

    private static Scene Play()
    {
        WineSandbox sandbox = new();
        try
        {
            string database = WineSandbox.Named(sandbox.Database);
            File.WriteAllText(sandbox.PathOf("app.log"), AttachmentText);
            RunningProcess victim = sandbox.Start(
                WineSandbox.Victim, "fault", "--directory", database, "--hold", "--attach", WineSandbox.Named(sandbox.PathOf("app.log")), "--attach", Missing);
            victim.ReadUntil("holding");
            // A report that is there before: what watches says so, and watches.
            sandbox.EndWithoutNotice();
            RunningProcess watch = sandbox.Start(WineSandbox.Handler, "reports", "watch", "--database", database, "--limit", "1", "--json");
            watch.ReadLine();
            victim.WriteLine("");
            string watched = watch.ReadLine(WindowsTestLimits.Run);
            // Whatever of Wine's runs has the victim's streams, and runs as long as anything does.
            watch.KillAll();
            WindowsVictim died = WindowsVictim.Of(victim.Finish(WindowsTestLimits.Run));
            string id = sandbox.Reports().Single(report => report.GetProperty("pid").GetInt32() == died.ProcessId).GetProperty("id").GetString()!;
            return new Scene(sandbox, died, sandbox.Json("reports", "show", id, "--database", database, "--json"), watched);
        }
        catch
        {
            sandbox.Dispose();
            throw;
        }
    }

    private sealed record Scene(WineSandbox Sandbox, WindowsVictim Victim, JsonElement Json, string Watched);
}
