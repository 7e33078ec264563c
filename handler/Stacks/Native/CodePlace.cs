namespace CrashHandler.Handler.Stacks.Native;

/// <summary>What is known of an address in code, whichever thread is there.</summary>
/// <param name="Module">The module that it is in; null: none.</param>
/// <param name="Row">How to unwind there; null: no table tells.</param>
/// <param name="Function">Name and address of the function; null: not known.</param>
internal sealed record CodePlace(NativeModule? Module, IUnwindRow? Row, (string Name, ulong Address)? Function)
{
    /// <summary>An address of which nothing is known.</summary>
    public static readonly CodePlace Nowhere = new(null, null, null);
}
