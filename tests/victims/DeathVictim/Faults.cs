using System.Runtime.CompilerServices;

namespace CrashHandler.Victims.Deaths;

/// <summary>Faults in managed code. Each is the processor's, not a check that the compiler put in its place.</summary>
internal static unsafe class Faults
{
    /// <summary>Above the first 64 KiB, in which .NET takes a fault for a null reference, and never mapped.</summary>
    public const ulong Unmapped = 0x4141_4141_0000;

    [MethodImpl(MethodImplOptions.NoInlining)]
    public static int Length(string? text) => text!.Length;

    [MethodImpl(MethodImplOptions.NoInlining)]
    public static int Divide(int left, int right) => left / right;

    [MethodImpl(MethodImplOptions.NoInlining)]
    public static int Descend(int depth) => Descend(depth + 1) + depth;

    [MethodImpl(MethodImplOptions.NoInlining)]
    public static void Store(ulong address) => *(int*)address = 1;

    public static int CatchNulls(int count)
    {
        int caught = 0;
        for (int i = 0; i < count; i++)
        {
            try
            {
                caught -= Length(null);
            }
            catch (NullReferenceException)
            {
                caught++;
            }
        }

        return caught;
    }

    public static int CatchDivisions(int count)
    {
        int caught = 0;
        for (int i = 0; i < count; i++)
        {
            try
            {
                caught -= Divide(i, 0);
            }
            catch (DivideByZeroException)
            {
                caught++;
            }
        }

        return caught;
    }
}
