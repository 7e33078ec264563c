using System.Text;

namespace CrashHandler.Handler.Posix;

/// <summary>A program and its arguments as the one text that Windows passes on. Pure.</summary>
internal static class CommandLineText
{
    /// <summary>What CreateProcessW takes, in characters, the last zero included.</summary>
    public const int LongestCharacters = 32_767;

    /// <summary>The text of which <c>CommandLineToArgvW</c>, and the C runtimes, make the same arguments again. The program stands first, and has no quote in it, as no path has.</summary>
    public static string Of(string program, IEnumerable<string> arguments)
    {
        // The first one is read up to the next quote, whatever backslashes are before that.
        StringBuilder text = new($"\"{program}\"");
        foreach (string argument in arguments)
        {
            text.Append(' ');
            Append(text, argument);
        }

        return text.ToString();
    }

    // "CommandLineToArgvW": backslashes count only before a quote, where each is doubled, and one more escapes a quote that is meant.
    private static void Append(StringBuilder text, string argument)
    {
        if (argument.Length > 0 && argument.AsSpan().IndexOfAny(" \t\n\v\"") < 0)
        {
            text.Append(argument);
            return;
        }

        text.Append('"');
        int backslashes = 0;
        foreach (char character in argument)
        {
            if (character == '"')
            {
                text.Append('\\', backslashes + 1);
            }

            text.Append(character);
            backslashes = character == '\\' ? backslashes + 1 : 0;
        }

        text.Append('\\', backslashes).Append('"');
    }
}
