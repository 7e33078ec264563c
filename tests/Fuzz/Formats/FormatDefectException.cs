namespace CrashHandler.Tests.Fuzz.Formats;

/// <summary>A reader did what no input may make it do. The message has the input, to be kept.</summary>
internal sealed class FormatDefectException(string format, string input, byte[] bytes, string what, Exception? cause = null)
    : Exception($"{format}, {input}: {what}\nthe input (base64 -d > tests/Fuzz/Formats/seeds/{format}/NAME): {Convert.ToBase64String(bytes)}", cause);
