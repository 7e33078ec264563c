using System.Text;
using CrashHandler.Handler.Posix;

namespace CrashHandler.Handler.Cli;

/// <summary>
/// Where verbs write. For all of them alike: who closes the pipe ends the verb, silently, as SIGPIPE ends every other tool; and what cannot be written is one
/// line and a failure, also where only the last write shows it.
/// </summary>
internal static class StandardOutput
{
    /// <summary>128 and SIGPIPE's number: what a shell says of a process that it ended.</summary>
    public const int ClosedPipe = 128 + Libc.SIGPIPE;

    private static readonly UTF8Encoding s_utf8 = new(encoderShouldEmitUTF8Identifier: false);
    private static readonly OutputStream s_stream = new();

    /// <summary>For JSON and other bytes; closing it writes what is held back.</summary>
    public static Stream Open()
    {
        Console.Out.Flush();
        return s_stream;
    }

    /// <summary>Carries out a verb that writes to <see cref="Console.Out"/>, <see cref="Console.Error"/> or <see cref="Open"/>.</summary>
    /// <returns>Its exit code, or that of a failure to write. Does not return when the pipe was closed.</returns>
    public static int Guard(Func<int> verb)
    {
        StandardStreams.Occupy();
        // Each line at once, as .NET's own: whoever reads a pipe may wait for it. Lines end alike on every system, in JSON and in text.
        Console.SetOut(new StreamWriter(s_stream, s_utf8, leaveOpen: true) { AutoFlush = true, NewLine = "\n" });
        Console.SetError(new StreamWriter(new ErrorStream(), s_utf8) { AutoFlush = true, NewLine = "\n" });
        try
        {
            int exitCode = verb();
            Console.Out.Flush();
            s_stream.Finish();
            return exitCode;
        }
        catch (OutputException failure) when (failure.IsClosedPipe)
        {
            StandardStreams.EndByClosedPipe();
            return ClosedPipe;
        }
        catch (OutputException failure)
        {
            Console.Error.WriteLine($"{CommandLine.Name}: {failure.Message}");
            return CommandLine.Failed;
        }
        finally
        {
            StandardStreams.GiveBack();
        }
    }
}
