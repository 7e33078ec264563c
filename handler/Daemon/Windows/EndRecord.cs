using System.Globalization;
using CrashHandler.Handler.Reports;

namespace CrashHandler.Handler.Daemon;

/// <summary>What of it is Windows's: exit codes.</summary>
internal static partial class EndRecord
{
    /// <summary>How it ended, and what of its memory it left unsaid.</summary>
    public static ReportEnd EvidenceOf(EndedProcess ended)
    {
        MemoryUse? memory = ended.Known.Memory;
        return new ReportEnd
        {
            WaitStatus = ended.WaitStatus,
            Resident = memory?.Resident,
            ResidentPeak = memory?.Peak,
            MemoryAge = ended.Known.MemoryAge?.TotalSeconds,
        };
    }

    private static partial void AddNumber(Dictionary<string, string> parameters, AbnormalEnd end)
        => Add(parameters, Prefix + "exit_code", string.Create(CultureInfo.InvariantCulture, $"0x{end.Signal:X8}"));
}
