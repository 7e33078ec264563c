using CrashHandler.Protocol;
using Xunit;

namespace CrashHandler.Tests.Protocol;

/// <summary>What is said of hooks that are not in place: each is named, with what it costs.</summary>
public sealed class MissingHooksTests
{
    private const Hooks Whole = Hooks.Signals | Hooks.Sigaction | Hooks.Abort | Hooks.Fork;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void NothingIsMissingWhereAllIsThere(bool ignoreSystemCrashHandler) => Assert.Empty(Describe(Whole, ignoreSystemCrashHandler));

    [Theory]
    [InlineData(Hooks.Signals, "the signal handlers are not in place: no crash")]
    [InlineData(Hooks.Sigaction, "this runtime's calls of sigaction cannot be seen (the cause): a native fault is reported only if")]
    [InlineData(Hooks.Abort, "this runtime's call of abort cannot be seen (the cause): an unhandled exception and FailFast are reported by the SIGABRT")]
    [InlineData(Hooks.Fork, "this runtime's call of fork cannot be seen (the cause): the system's crash handler is ignored, but createdump is not stopped")]
    public void WhatIsMissingIsNamed(Hooks missing, string text)
        => Assert.StartsWith(text, Assert.Single(Describe(Whole & ~missing, ignoreSystemCrashHandler: true)), StringComparison.Ordinal);

    [Fact]
    public void WithoutBothSlotsWhatTheRuntimeAbortsIsNotReported()
        => Assert.Contains(Describe(Whole & ~(Hooks.Sigaction | Hooks.Abort), ignoreSystemCrashHandler: true), text => text.Contains("FailFast are not reported", StringComparison.Ordinal));

    /// <summary>Who does not want createdump stopped misses nothing when it is not.</summary>
    [Fact]
    public void CreatedumpIsOnlyThatOptionsMatter() => Assert.Empty(Describe(Whole & ~Hooks.Fork, ignoreSystemCrashHandler: false));

    private static IEnumerable<string> Describe(Hooks hooks, bool ignoreSystemCrashHandler) => MissingHooks.Describe(MissingHooks.Of(hooks, ignoreSystemCrashHandler), "the cause");
}
