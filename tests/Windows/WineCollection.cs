using Xunit;

namespace CrashHandler.Tests.Windows;

/// <summary>Those whose own deadlines are seconds: with nothing beside them.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class WineCollection
{
    public const string Name = "Wine";
}
