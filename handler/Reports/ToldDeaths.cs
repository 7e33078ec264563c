using System.Text.Json;
using CrashHandler.Handler.Posix;

namespace CrashHandler.Handler.Reports;

/// <summary>Looks for a report of a death that somebody else was told of: a process whose handler died tells a handler of its own, and the next one only sees its end.</summary>
internal static class ToldDeaths
{
    /// <summary>Finds one.</summary>
    /// <param name="database">Where.</param>
    /// <param name="processId">Pid as the process saw itself.</param>
    /// <param name="started">When the process started: an earlier one of its pid is another one.</param>
    /// <param name="written">Not older than this: it spares reading all.</param>
    /// <returns>Its id; null: there is none.</returns>
    public static string? Find(ReportDatabase database, int processId, DateTimeOffset started, DateTimeOffset written)
    {
        foreach (string directory in (string[])[ReportDatabase.NewName, .. ReportDatabase.FiledNames])
        {
            foreach (string path in database.RecordPaths(directory))
            {
                if (File.GetLastWriteTimeUtc(path) >= written.UtcDateTime && Read(path) is { CaptureReason: null, HasDump: true } record
                    && record.ProcessId == processId && record.Created >= started && (directory != ReportDatabase.NewName || WillBeReport(database, record.Id)))
                {
                    return record.Id;
                }
            }
        }

        return null;
    }

    // Whoever makes it holds it; what a dead handler left is filed if it is finished, and removed if not.
    private static bool WillBeReport(ReportDatabase database, string id)
    {
        string path = database.FilePath(ReportDatabase.NewName, id, ReportDatabase.DumpExtension);
        if (!File.Exists(path))
        {
            return true;
        }

        using NewDump? left = NewDump.TryClaim(path);
        return left is null || left.IsFinished;
    }

    private static ReportRecord? Read(string path)
    {
        try
        {
            return DurableFile.Read(path, ReportsLimits.MaxJsonBytes, contents => ReportDatabase.Parse(contents, Path.GetFileNameWithoutExtension(path)));
        }
        catch (Exception broken) when (broken is JsonException or InvalidDataException or SyscallException)
        {
            // A sweep says so; here it tells of no death.
            return null;
        }
    }
}
