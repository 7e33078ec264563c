namespace CrashHandler.Victims.Stacks;

/// <summary>Makes a frame so large that some nine thousand of them fill eight megabytes.</summary>
internal unsafe struct Padding
{
    public const int Bytes = 880;

    public fixed byte Content[Bytes];
}
