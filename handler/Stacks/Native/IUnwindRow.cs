namespace CrashHandler.Handler.Stacks.Native;

/// <summary>How to find the caller's registers at one instruction.</summary>
internal interface IUnwindRow
{
    /// <summary>Where the code begins that the table has an entry for.</summary>
    ulong FunctionStart { get; }

    /// <summary>The caller was interrupted, by a signal or an exception: its instruction pointer is no return address.</summary>
    bool IsSignalFrame { get; }

    /// <summary>There is no caller.</summary>
    bool IsOutermost { get; }

    /// <summary>Finds the caller's registers.</summary>
    /// <exception cref="InvalidDataException">Memory that it needs is not there, or what the table says makes no sense.</exception>
    RegisterFile Unwind(in RegisterFile registers, CachedMemory memory);
}
