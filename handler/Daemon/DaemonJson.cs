using System.Text.Json.Serialization;

namespace CrashHandler.Handler.Daemon;

/// <summary>JSON of the daemon, by source generation: nothing is reflected over under NativeAOT.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, WriteIndented = true)]
[JsonSerializable(typeof(StatusDocument))]
[JsonSerializable(typeof(List<StatusDocument>))]
internal sealed partial class DaemonJson : JsonSerializerContext;
