namespace CrashHandler.Victims;

/// <summary>How a <see cref="Conversation"/>'s child is started.</summary>
internal sealed class ChildWords
{
    /// <summary>Whether <c>AttachChild</c> prepares it.</summary>
    public bool Attach { get; set; }

    /// <summary>Whether the address of its parent's handler is kept from it.</summary>
    public bool Orphan { get; set; }

    /// <summary>Variables set for it.</summary>
    public Dictionary<string, string> Environment { get; set; } = [];

    /// <summary>Arguments of its own.</summary>
    public List<string> Arguments { get; set; } = [];
}
