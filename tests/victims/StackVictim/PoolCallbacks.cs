namespace CrashHandler.Victims.Stacks;

/// <summary>A crash on a thread of the pool.</summary>
internal static class PoolCallbacks
{
    public static void Run()
    {
        using ManualResetEvent never = new(false);
        ThreadPool.QueueUserWorkItem(_ => Deaths.Throw()); // line: pool-callback
        never.WaitOne(); // line: pool-waits
    }
}
