using Xunit.v3;

namespace CrashHandler.Tests.Contract;

/// <summary>The cases of <see cref="CaseTable"/> that a test shows; each is also a trait, for <c>-trait "ElectronCase=8-07"</c>.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class ElectronCaseAttribute(params string[] numbers) : Attribute, ITraitAttribute
{
    /// <summary>Their numbers.</summary>
    public IReadOnlyList<string> Numbers { get; } = numbers;

    public IReadOnlyCollection<KeyValuePair<string, string>> GetTraits() => [.. Numbers.Select(number => KeyValuePair.Create("ElectronCase", number))];
}
