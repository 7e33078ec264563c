using Xunit;

namespace CrashHandler.Tests.Capture;

/// <summary>The tests that share the compiled victim; one after another, as they measure.</summary>
[CollectionDefinition(nameof(VictimCollection))]
public sealed class VictimCollection : ICollectionFixture<VictimProgram>;
