namespace CrashHandler.Victims.Stacks;

/// <summary>An object that crashes in its finalizer.</summary>
internal sealed class Finalizable
{
    ~Finalizable()
    {
        Deaths.Throw(); // line: finalizer
    }
}
