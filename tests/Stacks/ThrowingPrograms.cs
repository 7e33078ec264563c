using System.Reflection;
using System.Runtime.CompilerServices;
using System.Runtime.ExceptionServices;

namespace CrashHandler.Tests.Stacks;

/// <summary>Exceptions out of methods that the compiler renames.</summary>
internal static class ThrowingPrograms
{
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static void Run(string kind)
    {
        switch (kind)
        {
            case "plain":
                Fail(kind);
                break;
            case "lambda":
                Call(() => Fail(kind));
                break;
            case "local":
                Local();
                break;
            case "async":
                OuterAsync().GetAwaiter().GetResult();
                break;
            case "async lambda":
                Func<Task> lambda = async () =>
                {
                    await Task.Yield();
                    Fail(kind);
                };
                lambda().GetAwaiter().GetResult();
                break;
            case "iterator":
                _ = Numbers().ToList();
                break;
            case "generic":
                new Box<string>().Open<int>(kind);
                break;
            case "linq":
                _ = Array.Empty<int>().First();
                break;
            case "argument":
                ArgumentNullException.ThrowIfNull((object?)null, kind);
                break;
            case "rethrow":
                Rethrow();
                break;
            case "constructor":
                _ = new Box<int>(fails: true);
                break;
            case "aggregate":
                Task.WaitAll(Task.Run(() => Fail(kind)), Task.Run(() => Fail(kind)));
                break;
            case "initializer":
                RuntimeHelpers.RunClassConstructor(typeof(Broken).TypeHandle);
                break;
            case "reflection":
                typeof(ThrowingPrograms).GetMethod(nameof(Fail), BindingFlags.NonPublic | BindingFlags.Static)!.Invoke(null, [kind]);
                break;
        }

        [MethodImpl(MethodImplOptions.NoInlining)]
        void Local() => Fail(kind);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Fail(string why) => throw new FormatException(why);

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Call(Action action) => action();

    private static async Task OuterAsync() => await InnerAsync();

    private static async Task InnerAsync()
    {
        await Task.Yield();
        Fail("async");
    }

    private static IEnumerable<int> Numbers()
    {
        yield return 1;
        Fail("iterator");
    }

    private static void Rethrow()
    {
        try
        {
            Fail("rethrow");
        }
        catch (FormatException thrown)
        {
            ExceptionDispatchInfo.Throw(thrown);
        }
    }

    private sealed class Box<T>
    {
        public Box(bool fails = false)
        {
            if (fails)
            {
                Fail(typeof(T).Name);
            }
        }

        [MethodImpl(MethodImplOptions.NoInlining)]
        public void Open<TWhat>(string why) => Fail(why + typeof(TWhat).Name);
    }

    private static class Broken
    {
        static Broken() => Fail("initializer");
    }
}
