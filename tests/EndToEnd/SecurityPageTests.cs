using System.Reflection;
using System.Text.RegularExpressions;
using Xunit;

namespace CrashHandler.Tests.EndToEnd;

/// <summary>handler/SECURITY.md names tests for what it says: each of them is there.</summary>
public sealed partial class SecurityPageTests
{
    [Fact]
    public void EveryTestThatItNamesIsThere()
    {
        string[] lines = File.ReadAllLines(Path.Combine(TestPrograms.RepositoryRoot(), "handler", "SECURITY.md"));
        string[] named = [.. lines.SelectMany(line => Name().Matches(line)).Select(match => match.Groups[1].Value).Distinct()];
        Assert.True(named.Length > 40, $"only {named.Length} names were found");
        Assert.Equal("", string.Join(' ', named.Where(name => !IsThere(name.Split('.')))));
        // Past the table of who may do what, each line of a table is a threat, and has one.
        string[] threats = [.. lines.SkipWhile(line => line != "## Connections").Where(line => line.StartsWith("| ", StringComparison.Ordinal) && !line.StartsWith("| threat", StringComparison.Ordinal))];
        Assert.True(threats.Length > 40, $"only {threats.Length} threats were found");
        Assert.Equal("", string.Join('\n', threats.Where(line => !Name().IsMatch(line))));
    }

    [Fact]
    public void ATestThatIsNotThereIsSeen()
    {
        Assert.False(IsThere(["NoSuchTests"]));
        Assert.False(IsThere([nameof(SecurityPageTests), "NoSuchTest"]));
        Assert.True(IsThere([nameof(SecurityPageTests), nameof(ATestThatIsNotThereIsSeen)]));
    }

    private static bool IsThere(string[] name)
        => Assembly.GetExecutingAssembly().GetTypes().Any(type => type.Name == name[0] && type.GetMethods().Any(method => method.GetCustomAttributes<FactAttribute>().Any() && (name.Length == 1 || method.Name == name[1])));

    [GeneratedRegex(@"`([A-Z]\w+Tests(?:\.\w+)?)`")]
    private static partial Regex Name();
}
