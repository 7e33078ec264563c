namespace CrashHandler.Tests.Contract;

/// <summary>Every limit of Electron's cases.</summary>
internal static class ContractLimits
{
    /// <summary>How often Electron's suite asks for an uploaded report, once the server has it.</summary>
    public const int Looks = 10;

    /// <summary>Between two of them.</summary>
    public static readonly TimeSpan BetweenLooks = TimeSpan.FromMilliseconds(100);

    /// <summary>For a report to arrive; Electron's suite gives as much.</summary>
    public static readonly TimeSpan Arrival = TimeSpan.FromSeconds(30);

    /// <summary>Of a heap that is to be full, in bytes: many times what the victim needs, and full at once.</summary>
    public const int HeapBytes = 64 << 20;
}
