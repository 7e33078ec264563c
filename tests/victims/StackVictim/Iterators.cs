namespace CrashHandler.Victims.Stacks;

/// <summary>An iterator that throws at its second element, inside another one.</summary>
internal static class Iterators
{
    public static void Run()
    {
        foreach (int number in Doubled()) // line: iterators
        {
            GC.KeepAlive(number);
        }
    }

    private static IEnumerable<int> Doubled()
    {
        foreach (int number in Numbers()) // line: iterator-outer
        {
            yield return 2 * number;
        }
    }

    private static IEnumerable<int> Numbers()
    {
        yield return 1;
        Deaths.Throw(); // line: iterator-inner
    }
}
