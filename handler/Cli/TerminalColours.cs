using CrashHandler.Handler.Posix;

namespace CrashHandler.Handler.Cli;

/// <summary>Colours, where there is a terminal that shows them and nobody said no.</summary>
/// <param name="AreOn">Whether there are.</param>
internal readonly record struct TerminalColours(bool AreOn)
{
    // Select Graphic Rendition, ECMA-48 8.3.117.
    private const string Reset = "\u001b[0m";
    private const string TerminalVariable = "TERM";

    /// <summary>
    /// Those of standard output: on a terminal, unless <c>NO_COLOR</c> is set (no-color.org: to anything but nothing) or <c>TERM</c> is <c>dumb</c> or unknown.
    /// </summary>
    public static TerminalColours OfOutput() => Of(!Console.IsOutputRedirected, name => name == TerminalVariable ? Terminal.Kind(Terminal.Output) : Environment.GetEnvironmentVariable(name));

    /// <summary>Those of an output, by what is said of it.</summary>
    public static TerminalColours Of(bool isTerminal, Func<string, string?> variable)
        => new(isTerminal && string.IsNullOrEmpty(variable("NO_COLOR")) && variable(TerminalVariable) is { Length: > 0 } and not "dumb");

    public string Heading(string text) => Paint("1", text);

    public string Alarm(string text) => Paint("1;31", text);

    public string Faint(string text) => Paint("2", text);

    public string Place(string text) => Paint("36", text);

    public string Count(string text) => Paint("33", text);

    private string Paint(string rendition, string text) => AreOn && text.Length > 0 ? $"\u001b[{rendition}m{text}{Reset}" : text;
}
