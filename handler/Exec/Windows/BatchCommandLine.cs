using System.Text;

namespace CrashHandler.Handler.Exec;

/// <summary>The command line by which cmd.exe runs a batch file. Pure.</summary>
internal static class BatchCommandLine
{
    // What is not literal between quotes: cmd.exe would expand it, end the text there, or the line.
    private const string NotLiteral = "\"%\r\n\0";

    /// <summary>The command line; null: an argument has something that cannot be passed on as it is.</summary>
    /// <param name="interpreter">Path of cmd.exe.</param>
    /// <param name="batch">Path of the batch file.</param>
    /// <param name="arguments">Its arguments.</param>
    public static string? Of(string interpreter, string batch, IReadOnlyList<string> arguments)
    {
        if (arguments.Append(batch).Any(text => text.AsSpan().IndexOfAny(NotLiteral) >= 0))
        {
            return null;
        }

        // Without AutoRun, with extensions, without delayed expansion: then nothing between quotes means anything. Of the text behind /c the first and the last quote are taken away.
        StringBuilder text = new($"\"{interpreter}\" /d /e:on /v:off /c \"\"{batch}\"");
        foreach (string argument in arguments)
        {
            // What the batch file passes on to a program is taken apart by CommandLineToArgvW's rules: backslashes at the end would escape the quote.
            int backslashes = argument.Length - argument.TrimEnd('\\').Length;
            text.Append(" \"").Append(argument).Append('\\', backslashes).Append('"');
        }

        return text.Append('"').ToString();
    }
}
