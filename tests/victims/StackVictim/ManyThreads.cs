using System.Runtime.CompilerServices;

namespace CrashHandler.Victims.Stacks;

/// <summary>A thousand threads that wait in known methods while another one dies.</summary>
internal static class ManyThreads
{
    private const int Count = 1_000;
    private const int StackBytes = 256 << 10;

    private static readonly CountdownEvent s_waiting = new(Count);

    public static void Run()
    {
        for (int i = 0; i < Count; i++)
        {
            new Thread(Enter, StackBytes) { Name = $"waiter {i}", IsBackground = true }.Start(i);
        }

        s_waiting.Wait();
        Deaths.NativeFault(); // line: many-threads
    }

    private static void Enter(object? number)
    {
        if ((int)number! % 2 == 0)
        {
            Even(); // line: waiter-even-entry
        }

        Odd(); // line: waiter-odd-entry
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Even() => Wait(); // line: waiter-even

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Odd() => Wait(); // line: waiter-odd

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Wait()
    {
        s_waiting.Signal();
        Thread.Sleep(Timeout.Infinite); // line: waiter
    }
}
