using System.Text;

namespace CrashHandler.Tests.Table;

/// <summary>The table as a page: for each way in, a row for each kind and a column for each shape.</summary>
internal static class TablePage
{
    private const string Right = "ok";
    private const string Wrong = "WRONG";
    private const string NotApplicable = "-";
    private const string Legend = "8, 9, 10: version of .NET. fd: framework-dependent, sc: self-contained, sf: single-file, aot: NativeAOT. native: a C program.";

    // Characters: as wide as the longest word, so that it is a table in a terminal too.
    private const int KindWidth = 22;
    private const int ShapeWidth = 6;

    /// <summary>In Markdown, which is readable as it is.</summary>
    public static string Of(IReadOnlyList<CellResult> results)
    {
        StringBuilder page = new($"# Every death: kinds x ways in x runtimes\n\n{Legend}\n");
        foreach (Way way in Enum.GetValues<Way>())
        {
            CellResult[] ofWay = [.. results.Where(result => result.Cell.Way == way)];
            string[] shapes = [.. ofWay.Select(result => result.Cell.Shape.Label).Distinct()];
            page.Append($"\n## {way}\n\n");
            AppendLine(page, "kind", shapes);
            AppendLine(page, new string('-', KindWidth), shapes.Select(_ => new string('-', ShapeWidth)));
            foreach (IGrouping<string, CellResult> row in ofWay.GroupBy(result => result.Cell.Kind.Name))
            {
                AppendLine(page, row.Key, row.Select(result => Word(result.Verdict)));
            }
        }

        AppendReasons(page, results, Verdict.Wrong, "Wrong");
        AppendReasons(page, results, Verdict.NotApplicable, "Not applicable (-)");
        return page.Append($"\n{Summary(results)}\n").ToString();
    }

    /// <summary>How many cells came to what.</summary>
    public static string Summary(IReadOnlyList<CellResult> results)
        => $"{Count(results, Verdict.Right)} right, {Count(results, Verdict.Wrong)} wrong, {Count(results, Verdict.NotApplicable)} not applicable";

    private static int Count(IReadOnlyList<CellResult> results, Verdict verdict) => results.Count(result => result.Verdict == verdict);

    private static void AppendLine(StringBuilder page, string kind, IEnumerable<string> words)
        => page.Append($"| {kind.PadRight(KindWidth)} | ").AppendJoin(" | ", words.Select(word => word.PadRight(ShapeWidth))).Append(" |\n");

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
