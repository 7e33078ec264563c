using System.Runtime.CompilerServices;

namespace CrashHandler.Benchmarks.Walk;

/// <summary>A stack to walk.</summary>
internal static class Park
{
    /// <summary>Waits for ever, some frames deep.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static int Wait(int depth, CountdownEvent parked)
    {
        if (depth > 0)
        {
            return Wait(depth - 1, parked) + 1;
        }

        parked.Signal();
        Thread.Sleep(Timeout.Infinite);
        return 0;
    }
}
