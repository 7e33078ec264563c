using System.Diagnostics;
using System.Text.Json;

namespace CrashHandler.Demo;

/// <summary>The crash-handler command line, as an operator uses it.</summary>
internal sealed class Tool(string path)
{
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(60);

    /// <summary>Runs it and reads its JSON.</summary>
    /// <exception cref="StageException">It failed.</exception>
    public JsonElement Json(params string[] arguments)
    {
        using JsonDocument document = JsonDocument.Parse(Text([.. arguments, "--json"]));
        return document.RootElement.Clone();
    }

    /// <summary>Runs it and reads what it prints.</summary>
    /// <exception cref="StageException">It failed.</exception>
    public string Text(params string[] arguments)
    {
        using Process process = Start(arguments);
        Task<string> error = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd();
        if (!process.WaitForExit(s_limit) || process.ExitCode != 0)
        {
            throw new StageException($"crash-handler {string.Join(' ', arguments)} failed: {error.Result.Trim()}");
        }

        return output;
    }

    /// <summary>Starts it and leaves it running.</summary>
    public Process Start(params string[] arguments)
        => Process.Start(new ProcessStartInfo(path, arguments) { RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false })!;
}
