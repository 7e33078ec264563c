namespace CrashHandler.Victims.Stacks;

/// <summary>A lambda that captures nothing, called by one that captures it.</summary>
internal static class Lambdas
{
    public static void Run()
    {
        Action<int> inner = value => throw new InvalidOperationException($"{Deaths.Message} {value}"); // line: lambda-inner
        int captured = 17;
        Action outer = () => inner(captured); // line: lambda-outer
        outer(); // line: lambdas
    }
}
