using CrashHandler.Handler.Managed;
using Xunit;

namespace CrashHandler.Tests.Managed;

public sealed class MethodNamesTests
{
    [Theory]
    [InlineData("P.Main(System.String[])", "P.Main(System.String[])")]
    [InlineData("P.M(Int32, Boolean ByRef, Void*)", "P.M(System.Int32, System.Boolean ByRef, System.Void*)")]
    [InlineData("P.Int32.M(P.Int32)", "P.Int32.M(P.Int32)")]
    [InlineData("P.Outer`1[[System.Int32, System.Private.CoreLib]].M(Int32)", "P.Outer<System.Int32>.M(System.Int32)")]
    [InlineData("Outer`1+Inner`1[[System.Int32, System.Private.CoreLib],[System.__Canon, System.Private.CoreLib]].Go[[System.Double, System.Private.CoreLib]](Int32, System.__Canon)",
        "Outer<System.Int32>.Inner<System.__Canon>.Go<System.Double>(System.Int32, System.__Canon)")]
    [InlineData("P.M[[System.Collections.Generic.List`1[[System.Int32[], System.Private.CoreLib]], System.Private.CoreLib]]()", "P.M<System.Collections.Generic.List<System.Int32[]>>()")]
    [InlineData("P.M(System.Func`2<Int32,System.String>)", "P.M(System.Func<System.Int32,System.String>)")]
    [InlineData("P+<>c.<Main>b__0_1()", "P.<>c.<Main>b__0_1()")]
    [InlineData("P.Open`2.M()", "P.Open`2.M()")]
    [InlineData("P.Broken`1[[", "P.Broken<>")]
    [InlineData("P.Broken`99999999999[[A", "P.Broken`99999999999<A>")]
    [InlineData("", "")]
    public void Names_are_those_that_people_write(string name, string expected) => Assert.Equal(expected, MethodNames.OfMethod(name));

    [Fact]
    public void A_name_that_nests_without_end_is_read_in_time()
    {
        string name = string.Concat(Enumerable.Repeat("A`1[[", 5_000));

        Assert.True(MethodNames.OfMethod(name).Length <= name.Length);
    }
}
