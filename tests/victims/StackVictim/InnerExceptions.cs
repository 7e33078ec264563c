using System.Runtime.CompilerServices;

namespace CrashHandler.Victims.Stacks;

/// <summary>An exception because of an exception because of an exception.</summary>
internal static class InnerExceptions
{
    public static void Run()
    {
        try
        {
            Middle(); // line: inner-run
        }
        catch (ArgumentException middle)
        {
            throw new InvalidOperationException("the outer one", middle); // line: inner-outermost
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Middle()
    {
        try
        {
            Innermost(); // line: inner-middle-call
        }
        catch (FormatException innermost)
        {
            throw new ArgumentException("the middle one", innermost); // line: inner-middle
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Innermost() => throw new FormatException("the innermost one"); // line: inner-innermost
}
