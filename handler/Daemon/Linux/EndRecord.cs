using CrashHandler.Handler.Minidump;
using CrashHandler.Handler.Reports;

namespace CrashHandler.Handler.Daemon;

/// <summary>What of it is Linux's: signals, and memory cgroups.</summary>
internal static partial class EndRecord
{
    /// <summary>How it ended, and what of its memory it left unsaid. Reads the cgroup, which may be gone.</summary>
    public static ReportEnd EvidenceOf(EndedProcess ended)
    {
        MemoryUse? memory = ended.Known.Memory;
        return new ReportEnd
        {
            WaitStatus = ended.WaitStatus,
            OomKills = ended.OomKills,
            Cgroup = ended.Known.Cgroup?.Directory,
            CgroupLimit = ended.Known.Cgroup?.Limit,
            CgroupUse = ended.Known.Cgroup?.Use,
            CgroupPeak = ended.Known.Cgroup?.Peak,
            Resident = memory?.Resident,
            ResidentPeak = memory?.Peak,
            Swapped = memory?.Swapped,
            MemoryAge = ended.Known.MemoryAge?.TotalSeconds,
            OomScoreAdjust = memory?.OomScoreAdjust,
        };
    }

    private static partial void AddNumber(Dictionary<string, string> parameters, AbnormalEnd end) => Add(parameters, Prefix + "signal", SignalNames.Name(end.Signal));
}
