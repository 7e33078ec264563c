using System.Text.Json;

namespace CrashHandler.Tests.EndToEnd.Readme;

/// <summary>One real crash, made once; every command gets a copy of its database.</summary>
public sealed class ReadmeDatabase : IDisposable
{
    private readonly Lazy<(Sandbox Sandbox, string Id)> _made = new(Make);

    /// <summary>A user that runs nothing else; without root, oneself.</summary>
    public static string Identity => Environment.IsPrivilegedProcess ? Identities.Newcomer : Identities.User;

    /// <summary>The report's.</summary>
    public string Id => _made.Value.Id;

    /// <summary>Puts a copy into another sandbox, where whoever looks for a database finds it.</summary>
    /// <returns>Its path.</returns>
    internal string CopyTo(Sandbox sandbox)
    {
        string from = _made.Value.Sandbox.Database, to = sandbox.PathOf("App Crashes");
        foreach (string folder in Directory.EnumerateDirectories(from, "*", SearchOption.AllDirectories).Prepend(from))
        {
            Directory.CreateDirectory(folder.Replace(from, to, StringComparison.Ordinal), File.GetUnixFileMode(folder));
        }

        foreach (string file in Directory.EnumerateFiles(from, "*", SearchOption.AllDirectories))
        {
            File.Copy(file, file.Replace(from, to, StringComparison.Ordinal));
        }

        sandbox.GiveAll(to);
        return to;
    }

    public void Dispose()
    {
        if (_made.IsValueCreated)
        {
            _made.Value.Sandbox.Dispose();
        }
    }

    private static (Sandbox Sandbox, string Id) Make()
    {
        Sandbox sandbox = new(Identity);
        sandbox.RunMain("unhandled", "--no-upload");
        JsonElement report = sandbox.SingleReport();
        sandbox.TerminateHandler();
        return (sandbox, report.GetProperty("id").GetString()!);
    }
}
