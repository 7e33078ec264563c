using Xunit;

namespace CrashHandler.Tests.Native;

/// <summary>Tests that use the shim inside the test process, one after another.</summary>
[CollectionDefinition(Name)]
public sealed class ShimCollection
{
    internal const string Name = "shim in this process";
}
