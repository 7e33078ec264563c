namespace CrashHandler.Victims.Stacks;

/// <summary>Managed code asks the runtime for a class, which calls managed code to make it: the runtime's own native frames stand between.</summary>
internal static class StaticConstructors
{
    public static void Run() => Console.WriteLine(Constructed.Value); // line: static-constructors
}
