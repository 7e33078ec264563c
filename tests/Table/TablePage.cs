using System.Text;

namespace CrashHandler.Tests.Table;

/// <summary>The table as a page: a row for each kind, a column for each way into each shape.</summary>
internal static class TablePage
{
    private const string Right = "ok";
    private const string Wrong = "WRONG";
    private const string NotApplicable = "-";

    /// <summary>In Markdown, which is readable as it is.</summary>
    public static string Of(IReadOnlyList<CellResult> results)
    {
        StringBuilder page = new("# Every death: kinds x ways in x runtimes\n\n");
        Way[] ways = Enum.GetValues<Way>();
        page.Append("| kind |").AppendJoin('|', ways.SelectMany(way => Shapes(results).Select(shape => $" {way} {shape} "))).Append("|\n");
        page.Append("|---|").Insert(page.Length, "---|", ways.Length * Shapes(results).Count).Append('\n');
        foreach (string kind in results.Select(result => result.Cell.Kind.Name).Distinct())
        {
            page.Append($"| {kind} |");
            foreach ((Way way, string shape) in ways.SelectMany(way => Shapes(results).Select(shape => (way, shape))))
            {
                page.Append($" {Word(results.Single(result => Matches(result.Cell, kind, way, shape)).Verdict)} |");
            }

            page.Append('\n');
        }

        AppendReasons(page, results, Verdict.Wrong, "Wrong");
        AppendReasons(page, results, Verdict.NotApplicable, "Not applicable (-)");
        return page.Append($"\n{Summary(results)}\n").ToString();
    }

    /// <summary>How many cells came to what.</summary>
    public static string Summary(IReadOnlyList<CellResult> results)
        => $"{Count(results, Verdict.Right)} right, {Count(results, Verdict.Wrong)} wrong, {Count(results, Verdict.NotApplicable)} not applicable";

    private static int Count(IReadOnlyList<CellResult> results, Verdict verdict) => results.Count(result => result.Verdict == verdict);

    private static List<string> Shapes(IReadOnlyList<CellResult> results) => [.. results.Select(result => result.Cell.Shape.Name).Distinct()];

    private static bool Matches(Cell cell, string kind, Way way, string shape) => cell.Kind.Name == kind && cell.Way == way && cell.Shape.Name == shape;

    private static string Word(Verdict verdict) => verdict switch
    {
        Verdict.Right => Right,
        Verdict.Wrong => Wrong,
        _ => NotApplicable,
    };

    // Each reason once, with the cells that it holds for.
    private static void AppendReasons(StringBuilder page, IReadOnlyList<CellResult> results, Verdict verdict, string title)
    {
        var reasons = results.Where(result => result.Verdict == verdict).GroupBy(result => result.Why).ToList();
        if (reasons.Count > 0)
        {
            page.Append($"\n## {title}\n");
            foreach (IGrouping<string, CellResult> reason in reasons)
            {
                IEnumerable<string> cells = verdict == Verdict.Wrong
                    ? reason.Select(result => $"{result.Cell.Kind.Name} by {result.Cell.Way} on {result.Cell.Shape.Name}")
                    : reason.Select(result => $"{result.Cell.Way} {result.Cell.Shape.Name}").Distinct();
                page.Append($"* {reason.Key}: {string.Join(", ", cells)}\n");
            }
        }
    }
}
