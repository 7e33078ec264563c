using System.Globalization;
using System.Text.Json;
using CrashHandler.Tests.EndToEnd;

namespace CrashHandler.Tests.Table;

/// <summary>Tries a cell: the victim's end with us must be its end without us, and its report must say what it died of.</summary>
internal static class CellCheck
{
    /// <summary>Exit codes above are deaths by a signal.</summary>
    private const int DeathBySignal = 128;

    /// <summary>Whether a victim without us ended as its kind says; otherwise its cell would compare two mistakes.</summary>
    private static bool IsAsKnown(Kind kind, ProcessResult bare)
    {
        bool isKnownEnd = bare.ExitCode > DeathBySignal ? kind.IsDeath || kind.IfNotSurvived is not null : bare.ExitCode == 0 && !kind.IsDeath;
        return isKnownEnd && kind.Says switch
        {
            null => true,
            "" => bare.Error.Length == 0,
            { } words => bare.Error.Contains(words, StringComparison.Ordinal),
        };
    }

    /// <summary>Tries it.</summary>
    /// <param name="sandbox">Where.</param>
    /// <param name="cell">The cell.</param>
    /// <param name="bare">The same victim without us; null: it is run first.</param>
    public static CellResult Try(Sandbox sandbox, Cell cell, ref ProcessResult? bare)
    {
        string name = $"{cell.Shape.Name}-{cell.Way}";
        string database = sandbox.PathOf(name);
        string facts = sandbox.PathOf($"{name}-{cell.Kind.Name}.facts");
        try
        {
            bare ??= VictimRun.Run(sandbox, cell, isCovered: false, "", sandbox.PathOf($"{cell.Shape.Name}-{cell.Kind.Name}.bare"));
            if (!IsAsKnown(cell.Kind, bare))
            {
                return new CellResult(cell, Verdict.Wrong, $"the victim exits with {bare.ExitCode} without us, and says '{bare.Error}'");
            }

            ProcessResult seen = VictimRun.Run(sandbox, cell, isCovered: true, database, facts);
            string[] wrong = [.. DifferentEnd(bare, seen), .. WrongReports(sandbox, cell, ReasonsFor(cell.Kind, bare), database, facts, seen.Pid)];
            return new CellResult(cell, wrong.Length == 0 ? Verdict.Right : Verdict.Wrong, string.Join("; ", wrong));
        }
        catch (Exception failed) when (failed is InvalidOperationException or TimeoutException or IOException)
        {
            return new CellResult(cell, Verdict.Wrong, failed.Message);
        }
    }

    private static IEnumerable<string> DifferentEnd(ProcessResult bare, ProcessResult seen)
    {
        if (bare.ExitCode != seen.ExitCode)
        {
            yield return $"exit status {seen.ExitCode} instead of {bare.ExitCode}";
        }

        if (bare.Output != seen.Output)
        {
            yield return $"standard output '{seen.Output}' instead of '{bare.Output}'";
        }

        if (!Comparable(bare.Error).SequenceEqual(Comparable(seen.Error)))
        {
            yield return $"standard error '{seen.Error}' instead of '{bare.Error}'";
        }
    }

    // How deep a stack overflow goes, and so how often a frame is repeated, differs from run to run.
    private static IEnumerable<string> Comparable(string error) => error.Split('\n').Where(line => !line.StartsWith("Repeat", StringComparison.Ordinal));

    private static string[] ReasonsFor(Kind kind, ProcessResult bare)
        => !kind.IsDeath && bare.ExitCode > DeathBySignal ? [kind.IfNotSurvived!] : kind.Reasons;

    private static IEnumerable<string> WrongReports(Sandbox sandbox, Cell cell, string[] reasons, string database, string factsFile, int pid)
    {
        // The database is the cell's own: a report of another process is one too many.
        JsonElement[] reports = [.. sandbox.Json("reports", "list", "--database", database, "--json").EnumerateArray()];
        if (reports.Length != (reasons.Length > 0 ? 1 : 0))
        {
            return [$"{reports.Length} reports ({string.Join(", ", reports.Select(report => report.GetProperty("reason").GetString()))})"];
        }

        Dictionary<string, ulong> facts = File.ReadLines(factsFile).Select(line => line.Split(' '))
            .ToDictionary(words => words[0], words => ulong.Parse(words[1], CultureInfo.InvariantCulture));
        return reports.SelectMany(report => WrongProcess(cell, report, pid).Concat(WrongFacts(cell.Kind, reasons, report, facts)));
    }

    private static IEnumerable<string> WrongProcess(Cell cell, JsonElement report, int pid)
    {
        if (report.GetProperty("pid").GetInt32() != pid)
        {
            yield return $"pid {report.GetProperty("pid").GetInt32()} instead of {pid}";
        }

        // NativeAOT loads no startup hook, so that under exec there is no line of ours that is told of the exception.
        string? expected = cell.Way == Way.Exec && cell.Shape.IsNativeAot ? null : cell.Kind.Exception;
        JsonElement exception = report.GetProperty("exception");
        string? type = exception.ValueKind == JsonValueKind.Null ? null : exception.GetProperty("type").GetString();
        if (type != expected)
        {
            yield return $"exception {type ?? "none"} instead of {expected ?? "none"}";
        }
    }

    private static IEnumerable<string> WrongFacts(Kind kind, string[] reasons, JsonElement report, Dictionary<string, ulong> facts)
    {
        string reason = report.GetProperty("reason").GetString()!;
        if (!reasons.Contains(reason))
        {
            yield return $"{reason} instead of {string.Join(" or ", reasons)}";
        }

        // Which thread takes a signal for the whole process is the kernel's choice: as a rule, not always, the main one.
        if (kind.Sent == 0 && report.GetProperty("threadId").GetUInt64() != facts["tid"])
        {
            yield return $"thread {report.GetProperty("threadId").GetUInt64()} instead of {facts["tid"]}";
        }

        ulong address = Convert.ToUInt64(report.GetProperty("address").GetString(), 16);
        bool isThere = kind.Place switch
        {
            FaultPlace.AsTold => address == facts["address"],
            FaultPlace.Null => address < TableLimits.NullBytes,
            FaultPlace.BelowStack => address < facts["stack"] && facts["stack"] - address < TableLimits.StackBytes,
            _ => true,
        };
        if (!isThere)
        {
            yield return $"address 0x{address:x}, {kind.Place}, the victim's facts being {string.Join(' ', facts)}";
        }
    }
}
