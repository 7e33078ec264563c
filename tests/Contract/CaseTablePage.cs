using System.Reflection;
using System.Text;

namespace CrashHandler.Tests.Contract;

/// <summary>The table of cases as a page.</summary>
internal static class CaseTablePage
{
    private const string Legend = """
        8-..: of the suite of Electron 8, whose document the specification is; N-..: of the newest suite.
        M: the process that called Start first. R: its child that inherits the handler and calls Start. S: such a child under a sandbox's
        restrictions. N: a child of R's that calls Start with CrashesDirectory. Names are .NET's: `addExtraParameter` is `AddExtraParameter`.
        """;

    /// <summary>In Markdown.</summary>
    /// <param name="cases">The rows.</param>
    /// <param name="tests">The tests that show a case, by its number.</param>
    public static string Of(IReadOnlyList<Case> cases, ILookup<string, MethodInfo> tests)
    {
        StringBuilder page = new($"# Electron's cases\n\n{Legend}\n\n| case | | what holds | decision or reason | shown by |\n|---|---|---|---|---|\n");
        foreach (Case one in cases)
        {
            string why = one.Why ?? string.Join("; ", one.Decisions.Select(decision => decision.Name));
            string shown = string.Join(", ", tests[one.Number].Select(test => $"{test.DeclaringType!.Name}.{test.Name}"));
            page.Append($"| {one.Number} | {Word(one.Kind)} | {one.Text} | {why} | {shown} |\n");
        }

        page.Append("\n## Decisions\n");
        foreach (Decision decision in cases.SelectMany(one => one.Decisions).Distinct())
        {
            page.Append($"* {decision.Name}: {decision.Text}.\n");
        }

        return page.Append($"\n{Summary(cases)}\n").ToString();
    }

    /// <summary>How many cases there are of each kind.</summary>
    public static string Summary(IReadOnlyList<Case> cases)
        => string.Join(", ", Enum.GetValues<CaseKind>().Select(kind => $"{cases.Count(one => one.Kind == kind)} {Word(kind)}"));

    private static string Word(CaseKind kind) => kind switch
    {
        CaseKind.AsIs => "as is",
        CaseKind.Twin => "twin",
        _ => "not applicable",
    };
}
