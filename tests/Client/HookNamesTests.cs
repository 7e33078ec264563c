using CrashHandler.Protocol;
using Xunit;

namespace CrashHandler.Tests.Client;

/// <summary>What <c>Start</c>'s result says of hooks that are not in place: each is named, with what it costs.</summary>
public sealed class HookNamesTests
{
    private const Hooks Whole = Hooks.Signals | Hooks.Sigaction | Hooks.Abort | Hooks.Fork;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void NothingIsMissingWhereAllIsThere(bool ignoreSystemCrashHandler) => Assert.Empty(HookNames.MissingIn(Whole, ignoreSystemCrashHandler));

    [Theory]
    [InlineData(Hooks.Signals, "the signal handlers are not in place: no crash")]
    [InlineData(Hooks.Sigaction, "this runtime's calls of sigaction cannot be seen")]
    [InlineData(Hooks.Abort, "this runtime's call of abort cannot be seen")]
    [InlineData(Hooks.Fork, "this runtime's call of fork cannot be seen: the system's crash handler is ignored, but createdump is not stopped")]
    public void WhatIsMissingIsNamed(Hooks missing, string text)
        => Assert.StartsWith(text, Assert.Single(HookNames.MissingIn(Whole & ~missing, ignoreSystemCrashHandler: true)), StringComparison.Ordinal);

    /// <summary>Who does not want createdump stopped misses nothing when it is not.</summary>
    [Fact]
    public void CreatedumpIsOnlyThatOptionsMatter() => Assert.Empty(HookNames.MissingIn(Whole & ~Hooks.Fork));
}
