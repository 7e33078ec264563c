using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace CrashHandler.Victims.Stacks;

/// <summary>Two threads that die at the same time.</summary>
internal static unsafe class TwoAtOnce
{
    private const int Threads = 2;

    private static readonly int* s_arrived = (int*)NativeMemory.AllocZeroed(sizeof(int));

    public static void Run()
    {
        Thread second = new(Second) { Name = "the second" };
        Thread first = new(First) { Name = "the first" };
        first.Start();
        second.Start();
        second.Join(); // line: two-joins
    }

    private static void First() => Meet(); // line: two-first

    private static void Second() => Meet(); // line: two-second

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Meet() => NativeStack.FaultTogether(s_arrived, Threads, Deaths.Unmapped); // line: two-fault
}
