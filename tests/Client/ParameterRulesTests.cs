using System.Text;
using CrashHandler.Protocol;
using Xunit;

namespace CrashHandler.Tests.Client;

public class ParameterRulesTests
{
    [Theory]
    [InlineData("k")]
    [InlineData("ä")]
    public void AllowedKeysPass(string key) => ParameterRules.CheckKey(key);

    [Fact]
    public void TheLongestKeyPassesAndOneByteMoreDoesNot()
    {
        ParameterRules.CheckKey(new string('k', ProtocolLimits.MaxKeyBytes));
        Assert.Throws<ArgumentException>(() => ParameterRules.CheckKey(new string('k', ProtocolLimits.MaxKeyBytes - 1) + "ä"));
    }

    [Theory]
    [InlineData("")]
    [InlineData("upload_file_minidump")]
    [InlineData("uuid")]
    public void EmptyAndReservedKeysAreRefused(string key) => Assert.Throws<ArgumentException>(() => ParameterRules.CheckKey(key));

    [Theory]
    [InlineData("a", 20_480, 20_480)]
    [InlineData("a", 20_481, 20_480)]
    [InlineData("é", 20_000, 20_479)]
    [InlineData("😀", 20_000, 20_479)]
    public void AValueIsCutAtACharacter(string unit, int count, int bytes)
    {
        string value = string.Concat(Enumerable.Repeat(unit, count));

        string cut = ParameterRules.CutValue(value);

        Assert.Equal(bytes, Encoding.UTF8.GetByteCount(cut));
        Assert.Equal(value.Length != cut.Length || value != cut, cut.EndsWith('…'));
        Assert.StartsWith(cut.TrimEnd('…'), value, StringComparison.Ordinal);
    }
}
