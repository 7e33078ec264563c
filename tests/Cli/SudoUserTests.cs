using CrashHandler.Handler.Cli;
using Xunit;

namespace CrashHandler.Tests.Cli;

public sealed class SudoUserTests
{
    [Theory]
    [InlineData(0u, "1000", 1000u)]
    [InlineData(0u, "0", null)]
    [InlineData(0u, null, null)]
    [InlineData(0u, "", null)]
    [InlineData(0u, "-1", null)]
    [InlineData(0u, "1000 ", null)]
    [InlineData(1000u, "1001", null)]
    public void OnlyRootHasACaller(uint user, string? variable, uint? caller) => Assert.Equal(caller, SudoUser.Id(user, variable));
}
