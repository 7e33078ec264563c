using Xunit;

namespace CrashHandler.Tests.Windows;

/// <summary>They share a prefix, and each ends its server at its end: one after the other.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class WineCollection
{
    public const string Name = "Wine";
}
