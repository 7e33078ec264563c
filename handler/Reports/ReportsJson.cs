using System.Text.Json.Serialization;

namespace CrashHandler.Handler.Reports;

/// <summary>JSON of the database's files, by source generation.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, WriteIndented = true, NewLine = "\n", DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull, RespectNullableAnnotations = true, RespectRequiredConstructorParameters = true)]
[JsonSerializable(typeof(ReportRecord))]
[JsonSerializable(typeof(StoredSettings))]
internal sealed partial class ReportsJson : JsonSerializerContext;
