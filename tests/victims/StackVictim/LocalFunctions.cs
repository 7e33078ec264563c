namespace CrashHandler.Victims.Stacks;

/// <summary>A static local function, called by one that captures a variable.</summary>
internal static class LocalFunctions
{
    public static void Run()
    {
        int captured = 17;
        Outer(); // line: local-functions

        void Outer()
        {
            Inner(captured); // line: local-outer
        }

        static void Inner(int value)
        {
            throw new InvalidOperationException($"{Deaths.Message} {value}"); // line: local-inner
        }
    }
}
