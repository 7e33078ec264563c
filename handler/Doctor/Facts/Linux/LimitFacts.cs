namespace CrashHandler.Handler.Doctor.Facts;

/// <summary>Limits of this process.</summary>
/// <param name="Descriptors">RLIMIT_NOFILE, soft.</param>
/// <param name="Core">RLIMIT_CORE, soft, in bytes.</param>
/// <param name="MaxTasks">pids.max of its control group; null: none.</param>
/// <param name="Tasks">pids.current of it; null: not known.</param>
internal sealed record LimitFacts(ulong Descriptors, ulong Core, long? MaxTasks, long? Tasks);
