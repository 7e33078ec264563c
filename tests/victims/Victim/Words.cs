using System.Text.Json.Serialization;

namespace CrashHandler.Victims;

/// <summary>What goes over a <see cref="Conversation"/>'s line beside JSON's own types.</summary>
[JsonSourceGenerationOptions(PropertyNameCaseInsensitive = true)]
[JsonSerializable(typeof(CrashReporterOptions))]
[JsonSerializable(typeof(StartResult))]
[JsonSerializable(typeof(CrashReport))]
[JsonSerializable(typeof(IReadOnlyList<CrashReport>))]
[JsonSerializable(typeof(IReadOnlyDictionary<string, string>))]
[JsonSerializable(typeof(ChildWords))]
[JsonSerializable(typeof(string))]
internal sealed partial class Words : JsonSerializerContext;
