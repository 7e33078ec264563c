namespace CrashHandler.Tests.Contract;

/// <summary>How a child is started; as the victim's type of this name.</summary>
internal sealed class ChildWords
{
    /// <summary>Whether <c>AttachChild</c> prepares it.</summary>
    public bool Attach { get; init; }

    /// <summary>Whether the address of its parent's handler is kept from it.</summary>
    public bool Orphan { get; init; }

    /// <summary>Variables set for it.</summary>
    public Dictionary<string, string> Environment { get; init; } = [];

    /// <summary>Arguments of its own.</summary>
    public string[] Arguments { get; init; } = [];
}
