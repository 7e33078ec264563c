using System.Reflection;
using CrashHandler.Tests.EndToEnd;
using Xunit;

namespace CrashHandler.Tests.Contract;

/// <summary>No case is forgotten. The table is written to artifacts/contract.md.</summary>
public sealed class CaseTableTests(ITestOutputHelper output)
{
    private static readonly ILookup<string, MethodInfo> s_tests = TestsByCase();

    [Fact]
    public void EveryNumberIsThereOnceInOrder()
        => Assert.Equal([.. Numbers("8", CaseTable.OfVersion8), .. Numbers("N", CaseTable.OfNewest)], CaseTable.All.Select(one => one.Number));

    [Fact]
    public void EveryCaseThatHoldsHasItsTestAndNoOtherHasOne()
    {
        string[] holding = [.. CaseTable.All.Where(one => one.Kind != CaseKind.NotApplicable).Select(one => one.Number)];

        Assert.Equal(holding.Order(StringComparer.Ordinal), s_tests.Select(test => test.Key).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void EveryNumberIsOnATestThatRuns()
        => Assert.All(s_tests.SelectMany(tests => tests).Distinct(), test =>
        {
            FactAttribute? fact = test.GetCustomAttribute<FactAttribute>();
            Assert.True(fact is { Skip: null, Explicit: false }, $"{test.Name} is no test, or one that is passed over");
        });

    [Fact]
    public void EveryTwinNamesItsDecisionAndEveryOneNotApplicableItsReason()
        => Assert.All(CaseTable.All, one =>
        {
            Assert.Equal(one.Kind == CaseKind.Twin, one.Decisions.Count > 0);
            Assert.Equal(one.Kind == CaseKind.NotApplicable, !string.IsNullOrWhiteSpace(one.Why));
            Assert.All([one.Text, .. one.Decisions.SelectMany(decision => new[] { decision.Name, decision.Text })], text => Assert.False(string.IsNullOrWhiteSpace(text)));
        });

    [Fact]
    public void ThePageIsWritten()
    {
        string page = CaseTablePage.Of(CaseTable.All, s_tests);
        TestPrograms.WritePage("contract.md", page);
        output.WriteLine(page);

        Assert.All(CaseTable.All, one => Assert.Contains($"\n| {one.Number} | ", page, StringComparison.Ordinal));
    }

    private static IEnumerable<string> Numbers(string suite, int count) => Enumerable.Range(1, count).Select(number => $"{suite}-{number:00}");

    private static ILookup<string, MethodInfo> TestsByCase()
    {
        const BindingFlags Any = BindingFlags.Instance | BindingFlags.Static | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly;
        return (from type in typeof(CaseTable).Assembly.GetTypes()
                from method in type.GetMethods(Any)
                let mark = method.GetCustomAttribute<ElectronCaseAttribute>()
                where mark is not null
                from number in mark.Numbers
                select (number, method)).ToLookup(pair => pair.number, pair => pair.method);
    }
}
