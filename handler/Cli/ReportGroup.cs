using CrashHandler.Handler.Reports;
using CrashHandler.Protocol;

namespace CrashHandler.Handler.Cli;

/// <summary>Reports of one signature; those that have none, of one reason.</summary>
internal sealed class ReportGroup
{
    /// <summary>Names of process types and products that are kept of a group: more is no list that anybody reads.</summary>
    private const int MaxNames = 8;

    private readonly List<string> _processTypes = [];
    private readonly List<string> _products = [];

    private ReportGroup(ReportRecord first)
    {
        Signature = first.Signature;
        Reason = first.Signature is null ? first.Reason : null;
        IsCaptured = first.CaptureReason is not null;
        (FirstSeen, LastSeen, Example) = (first.Created, first.Created, first.Id);
    }

    /// <summary>What they have in common; null: they have none.</summary>
    public string? Signature { get; }

    /// <summary>The reason that those without a signature have in common; else null.</summary>
    public string? Reason { get; }

    /// <summary>The processes asked for them, and did not crash.</summary>
    public bool IsCaptured { get; }

    public int Count { get; private set; }

    public DateTimeOffset FirstSeen { get; private set; }

    public DateTimeOffset LastSeen { get; private set; }

    /// <summary>Id of the newest one.</summary>
    public string Example { get; private set; }

    public IReadOnlyCollection<string> ProcessTypes => _processTypes;

    public IReadOnlyCollection<string> Products => _products;

    /// <summary>Groups reports, the group with the newest one first. Of each report no more is kept than its group needs.</summary>
    public static IReadOnlyList<ReportGroup> Of(IEnumerable<ReportRecord> reports)
    {
        // A text as key, and no LINQ: each generic type over types of ours is private memory of every idle handler.
        Dictionary<string, ReportGroup> known = [];
        List<ReportGroup> groups = [];
        foreach (ReportRecord report in reports)
        {
            string key = $"{(report.CaptureReason is null ? 'C' : 'A')}{(report.Signature is null ? 'R' : 'S')}{report.Signature ?? report.Reason}";
            if (!known.TryGetValue(key, out ReportGroup? group))
            {
                known.Add(key, group = new ReportGroup(report));
                groups.Add(group);
            }

            group.Add(report);
        }

        groups.Sort((one, other) => other.LastSeen.CompareTo(one.LastSeen) is int order and not 0 ? order : string.CompareOrdinal(one.Example, other.Example));
        return groups;
    }

    private void Add(ReportRecord report)
    {
        Count++;
        FirstSeen = report.Created < FirstSeen ? report.Created : FirstSeen;
        (LastSeen, Example) = report.Created > LastSeen ? (report.Created, report.Id) : (LastSeen, Example);
        Keep(_processTypes, report.ProcessType);
        Keep(_products, report.Parameters.GetValueOrDefault(RegistrationFields.ProductName));
    }

    private static void Keep(List<string> names, string? name)
    {
        if (!string.IsNullOrEmpty(name) && names.Count < MaxNames && names.BinarySearch(name, StringComparer.Ordinal) is int place and < 0)
        {
            names.Insert(~place, name);
        }
    }
}
