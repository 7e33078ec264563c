using Xunit;

namespace CrashHandler.Tests.Native;

/// <summary>Tests that use the shim inside the test process, alone: they look at its descriptors, which other tests open and close.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class ShimCollection
{
    internal const string Name = "shim in this process";
}
