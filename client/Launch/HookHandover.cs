using CrashHandler.Protocol;

namespace CrashHandler.Launch;

/// <summary>
/// What one copy of this library leaves in its process for another: the startup hook brings one of its own, and an application that calls <c>Start</c>
/// itself, after the hook did, has another. Its Start then is the same main process's, not a child's.
/// </summary>
internal static class HookHandover
{
    private const string AddressKey = "CrashHandler.Main.Address";
    private const string LastRunKey = "CrashHandler.Main.LastRun";

    /// <summary>Leaves it, as a main process.</summary>
    /// <param name="address">Its handler's socket.</param>
    /// <param name="lastRun">What became of the last run, which a handler can be asked only before this one is registered.</param>
    public static void Leave(string address, LastRunPayload? lastRun)
    {
        AppContext.SetData(AddressKey, address);
        AppContext.SetData(LastRunKey, lastRun?.ToBytes());
    }

    /// <summary>Whether this process is already a main one of the handler there.</summary>
    public static bool IsMainOf(string address) => AppContext.GetData(AddressKey) as string == address;

    /// <summary>What became of the last run; null: it is not known.</summary>
    public static LastRunPayload? LastRun => AppContext.GetData(LastRunKey) is byte[] payload ? LastRunPayload.Parse(payload) : null;
}
