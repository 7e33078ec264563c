namespace CrashHandler.Handler.Daemon;

/// <summary>A process that ended out of order without a word, on its way to a report without a dump.</summary>
/// <param name="End">What it died of.</param>
/// <param name="WaitStatus">As wait(2) has it; null: the kernel did not tell.</param>
/// <param name="OomKills">Processes of its memory cgroup that the kernel killed lately; null: nobody counts.</param>
/// <param name="Known">What was known of it.</param>
/// <param name="Time">When its end was seen, UTC.</param>
internal sealed record EndedProcess(AbnormalEnd End, int? WaitStatus, long? OomKills, LastKnown Known, DateTimeOffset Time);
