namespace CrashHandler.Victims.Stacks;

/// <summary>Asynchronous methods that await each other, the innermost of which throws after it was resumed.</summary>
internal static class AsyncMethods
{
    public static void Run() => First().GetAwaiter().GetResult(); // line: async

    private static async Task First()
    {
        await Task.Yield();
        await Second(1); // line: async-first
    }

    private static async Task<int> Second(int value)
    {
        await Task.Yield();
        int result = await Third(value); // line: async-second
        return result + 1;
    }

    private static async ValueTask<int> Third(int value)
    {
        await Task.Yield();
        await Task.CompletedTask;
        return value > 0 ? throw new InvalidOperationException(Deaths.Message) : value; // line: async-third
    }
}
