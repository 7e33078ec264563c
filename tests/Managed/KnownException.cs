namespace CrashHandler.Tests.Managed;

/// <summary>An exception that must be there.</summary>
/// <param name="Type">Full name.</param>
/// <param name="Message">Its message.</param>
/// <param name="HResult">The HRESULT of its type.</param>
/// <param name="Frames">The victim's frames of its own stack, innermost first.</param>
internal sealed record KnownException(string Type, string Message, int HResult, KnownFrame[] Frames)
{
    public KnownException[] Inner { get; init; } = [];
}
