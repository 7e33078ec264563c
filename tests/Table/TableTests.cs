using System.Collections.Concurrent;
using CrashHandler.Tests.EndToEnd;
using Xunit;

namespace CrashHandler.Tests.Table;

/// <summary>Kinds of death x ways in x runtimes. The page is written to artifacts/table.md, so that a maintainer sees what a new runtime broke.</summary>
public sealed class TableTests(ITestOutputHelper output)
{
    [Fact]
    public void NoCellIsWrong()
    {
        Shape[] shapes = [.. Shape.All()];
        ConcurrentBag<CellResult> results = [];
        var groups = from shape in shapes from kind in Kind.All select (shape, kind);
        Parallel.ForEach(groups, new ParallelOptions { MaxDegreeOfParallelism = TableLimits.Parallel }, group => Row(group.shape, group.kind, results));

        CellResult[] ordered = [.. from kind in Kind.All from shape in shapes from way in Enum.GetValues<Way>()
            select results.Single(result => result.Cell == new Cell(kind, way, shape))];
        string page = TablePage.Of(ordered);
        TestPrograms.WritePage("table.md", page);
        output.WriteLine(page);

        Assert.Contains(ordered, result => result.Verdict == Verdict.Right);
        Assert.DoesNotContain(ordered, result => result.Verdict == Verdict.Wrong);
    }

    // One bare run serves all the ways.
    private static void Row(Shape shape, Kind kind, ConcurrentBag<CellResult> results)
    {
        using Sandbox sandbox = new(Environment.IsPrivilegedProcess ? Identities.Root : Identities.User);
        ProcessResult? bare = null;
        foreach (Cell cell in Enum.GetValues<Way>().Select(way => new Cell(kind, way, shape)))
        {
            results.Add(cell.WhyNot is { } reason
                ? new CellResult(cell, Verdict.NotApplicable, reason)
                : CellCheck.Try(sandbox, cell, ref bare));
        }
    }
}
