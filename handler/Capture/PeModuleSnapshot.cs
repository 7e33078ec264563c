namespace CrashHandler.Handler.Capture;

/// <summary>What a PE image (an assembly) has and an ELF image has not.</summary>
internal sealed record PeModuleSnapshot
{
    /// <summary>Of the file header; with the image's size its code id.</summary>
    public required uint TimeDateStamp { get; init; }

    /// <summary>The CodeView record as it stands in the image (RSDS, GUID, age, name, NUL), or empty.</summary>
    public byte[] CodeView { get; init; } = [];

    /// <summary>Four numbers of 16 bits, the first one highest; 0 if not known.</summary>
    public ulong FileVersion { get; init; }

    /// <summary>The same for the product.</summary>
    public ulong ProductVersion { get; init; }
}
