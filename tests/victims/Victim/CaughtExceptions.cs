using System.Runtime.CompilerServices;

namespace CrashHandler.Victims;

/// <summary>Faults that the runtime turns into exceptions, and the program survives.</summary>
internal static class CaughtExceptions
{
    /// <summary>Catches 1,000 null references and 100 divisions by zero; how many it caught.</summary>
    public static int Many()
    {
        int caught = 0;
        for (int i = 0; i < 1_000; i++)
        {
            try
            {
                caught += Length(null);
            }
            catch (NullReferenceException)
            {
                caught++;
            }
        }

        for (int i = 0; i < 100; i++)
        {
            try
            {
                caught += Divide(i, 0);
            }
            catch (DivideByZeroException)
            {
                caught++;
            }
        }

        return caught;
    }

    // The fault must be the processor's, not a check that the compiler put in its place.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static int Length(string? text) => text!.Length;

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static int Divide(int value, int by) => value / by;
}
