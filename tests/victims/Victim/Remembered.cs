namespace CrashHandler.Victims;

/// <summary>An object that a reader of the heap must find again.</summary>
internal sealed class Remembered(string text)
{
    public readonly string Text = text;
}
