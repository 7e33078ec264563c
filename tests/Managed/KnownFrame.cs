namespace CrashHandler.Tests.Managed;

/// <summary>A frame of the victim's that must be there.</summary>
/// <param name="Method">As <see cref="MethodText.Plain"/> has it, without the victim's namespace; a native function by its symbol. <c>*</c> stands for a number.</param>
/// <param name="Marker">Name of the marked line at which it stands; null: no managed code.</param>
internal sealed record KnownFrame(string Method, string? Marker)
{
    /// <summary>What its full signature names: arguments of generic types and methods.</summary>
    public string[] Arguments { get; init; } = [];

    public bool IsNative => Marker is null;
}
