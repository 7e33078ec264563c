namespace CrashHandler.Handler.Collector;

/// <summary>A request that one of the three real servers would refuse, or that cannot be stored: status, and which rule.</summary>
internal sealed class RefusedRequestException(int status, string rule) : Exception(rule)
{
    /// <summary>HTTP status of the answer.</summary>
    public int Status { get; } = status;
}
