using CrashHandler.Handler.Stacks.Native;
using Xunit;

namespace CrashHandler.Tests.Stacks;

/// <summary>What may stand before a return address.</summary>
public sealed class CallInstructionTests
{
    [Theory]
    [InlineData("90 90 e8 11223344")] // call rel32
    [InlineData("90 90 90 90 90 ffd0")] // call rax
    [InlineData("90 90 90 90 41ffd3")] // call r11
    [InlineData("90 90 90 90 90 ff10")] // call [rax]
    [InlineData("90 ff15 11223344")] // call [rip+disp32]
    [InlineData("90 90 90 90 ff5010")] // call [rax+disp8]
    [InlineData("90 ff90 11223344")] // call [rax+disp32]
    [InlineData("90 90 90 90 ff14c7")] // call [rdi+rax*8]
    [InlineData("90 90 90 ff54c710")] // call [rdi+rax*8+disp8]
    [InlineData("ff94c7 11223344")] // call [rdi+rax*8+disp32]
    [InlineData("ff14c5 11223344")] // call [rax*8+disp32]
    [InlineData("e8 11223344")]
    [InlineData("ffd0")]
    public void A_call(string hex) => Assert.True(Ends(hex));

    [Theory]
    [InlineData("90 90 90 90 90 90 90")]
    [InlineData("90 90 90 90 90 ffe0")] // jmp rax
    [InlineData("90 90 90 90 90 ff30")] // push [rax]
    [InlineData("90 90 e9 11223344")] // jmp rel32
    [InlineData("90 90 90 90 90 ff50")] // cut
    [InlineData("ff")]
    [InlineData("")]
    public void No_call(string hex) => Assert.False(Ends(hex));

    private static bool Ends(string hex) => CallInstruction.Ends(Convert.FromHexString(hex.Replace(" ", "", StringComparison.Ordinal)));
}
