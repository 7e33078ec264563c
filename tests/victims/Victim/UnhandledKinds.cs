using System.Runtime.CompilerServices;

namespace CrashHandler.Victims;

/// <summary>Exceptions that nobody catches, of every unpleasant sort.</summary>
internal static class UnhandledKinds
{
    private const int Huge = 1 << 20;

    /// <summary>Dies by an exception of the kind.</summary>
    /// <returns>False: there is no such kind.</returns>
    public static bool Throw(string kind)
    {
        switch (kind)
        {
            case "unhandled-lines": throw new InvalidOperationException("first line\nsecond \u001b[31mred\u001b[0m line\r\nthird\tand \u202elast");
            case "unhandled-huge": throw new InvalidOperationException(new string('é', Huge / 2));
            case "unhandled-broken": throw new BrokenException();
            case "unhandled-aggregate": throw new AggregateException(new InvalidOperationException("one of two"), new ArgumentException("two of two"));
            case "unhandled-object": ThrowObject(); break;
            case "unhandled-null": throw new NullReferenceException();
            case "unhandled-surrogate": throw new InvalidOperationException("half \ud800 a character");
            case "unhandled-thread": OnAnotherThread(() => throw new InvalidOperationException("on another thread")); break;
            case "unhandled-listener":
                AppDomain.CurrentDomain.UnhandledException += (_, _) => throw new ArgumentException("the listener's exception");
                throw new InvalidOperationException("the victim's exception");
            case "unhandled-parameter":
                CrashReporter.AddExtraParameter("last", "words");
                CrashReporter.AddExtraParameter("", "a key that is none");
                break;
            case "caught-only": CatchAndAbort(); break;
            default: return false;
        }

        return true;
    }

    private static void OnAnotherThread(ThreadStart action)
    {
        Thread thread = new(action);
        thread.Start();
        thread.Join();
    }

    // C# throws nothing but exceptions, other languages do.
    private static void ThrowObject() => throw Unsafe.As<Exception>((object)"a text that was thrown");

    private static void CatchAndAbort()
    {
        try
        {
            throw new InvalidOperationException("a caught one");
        }
        catch (InvalidOperationException)
        {
            NativeVictim.Abort();
        }
    }

    private sealed class BrokenException : Exception
    {
        public override string Message => throw new NotSupportedException("no message");

        public override string ToString() => throw new NotSupportedException("no text");
    }
}
