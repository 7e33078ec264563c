using System.Text.Json.Serialization;

namespace CrashHandler.Handler.Stacks.Document;

/// <summary>JSON of the document, by source generation.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    UseStringEnumConverter = true,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    RespectNullableAnnotations = true,
    MaxDepth = StacksLimits.DocumentDepth)]
[JsonSerializable(typeof(StackDocument))]
internal sealed partial class StacksJson : JsonSerializerContext;
