using System.Runtime.CompilerServices;
using CrashHandler.Protocol;

namespace CrashHandler;

/// <summary>What a report says of an exception that nobody caught, cut to its limits.</summary>
/// <param name="Type">Full name of its type.</param>
/// <param name="Message">Its message; empty for an object that is no <see cref="Exception"/>.</param>
/// <param name="Text">All of it, with inner exceptions and stacks.</param>
internal sealed record ExceptionDescription(string Type, string Message, string Text)
{
    /// <summary>Asks a thrown object for everything. Its own code runs, and may throw in its turn: that is then said in its place.</summary>
    public static ExceptionDescription Of(object thrown)
        // What is no Exception is wrapped in one by the runtime, which says nothing.
        => Describe(thrown is RuntimeWrappedException wrapped ? wrapped.WrappedException : thrown);

    private static ExceptionDescription Describe(object thrown) => new(
        Utf8Text.Cut(Ask("GetType", () => thrown.GetType().ToString()), ProtocolLimits.MaxExceptionTypeBytes),
        Utf8Text.Cut(Ask("Message", () => (thrown as Exception)?.Message), ProtocolLimits.MaxExceptionMessageBytes),
        Utf8Text.Cut(Ask("ToString", thrown.ToString), ProtocolLimits.MaxExceptionTextBytes));

    private static string Ask(string what, Func<string?> question)
    {
        try
        {
            try
            {
                return question() ?? "";
            }
            catch (OutOfMemoryException)
            {
                // What was kept back for this is free by now; a collection makes it be found.
                GC.Collect();
                return question() ?? "";
            }
        }
        catch (Exception broken)
        {
            return $"({what} threw {broken.GetType()})";
        }
    }
}
