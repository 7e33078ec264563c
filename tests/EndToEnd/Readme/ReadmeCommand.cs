namespace CrashHandler.Tests.EndToEnd.Readme;

/// <summary>A command of README.md, by its very text, and how it is run.</summary>
internal sealed class ReadmeCommand(string text, params ReadmeRun[] runs)
{
    public string Text { get; } = text;

    public IReadOnlyList<ReadmeRun> Runs { get; } = runs;
}
