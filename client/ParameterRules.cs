using System.Text;
using CrashHandler.Protocol;

namespace CrashHandler;

/// <summary>What a parameter may be called and how long it may be. Pure.</summary>
internal static class ParameterRules
{
    // The form's own file and report id, and a name that Socorro answers with 401.
    private static readonly HashSet<string> s_reserved = ["upload_file_minidump", "crash_report_id", "uuid"];

    private static readonly HashSet<string> s_ours = ["prod", "ver", "platform", "process_type", "guid"];

    /// <summary>Whether this project sets the key itself, so that an application's value in <c>Extra</c> is ignored.</summary>
    public static bool IsOurs(string key) => s_ours.Contains(key);

    /// <summary>Checks a key.</summary>
    /// <exception cref="ArgumentException">It is empty, longer than 255 bytes of UTF-8, or reserved.</exception>
    public static void CheckKey(string key)
    {
        ArgumentNullException.ThrowIfNull(key);
        int bytes = Encoding.UTF8.GetByteCount(key);
        if (bytes is 0 or > ProtocolLimits.MaxKeyBytes)
        {
            throw new ArgumentException($"a parameter's key must have 1 to {ProtocolLimits.MaxKeyBytes} bytes of UTF-8; this one has {bytes}", nameof(key));
        }

        if (s_reserved.Contains(key))
        {
            throw new ArgumentException($"'{key}' is reserved and cannot be a parameter's key", nameof(key));
        }
    }

    /// <summary>Checks the key of a parameter that is added: other than in <c>Extra</c>, where nobody would be told but by <see cref="StartResult.Ignored"/>, ours are refused.</summary>
    /// <exception cref="ArgumentException">It is empty, longer than 255 bytes of UTF-8, reserved, or ours.</exception>
    public static void CheckAddedKey(string key)
    {
        CheckKey(key);
        if (IsOurs(key))
        {
            throw new ArgumentException($"'{key}' is set by the crash reporter itself and cannot be added", nameof(key));
        }
    }

    /// <summary>Checks an attachment's path.</summary>
    /// <returns>The absolute path.</returns>
    /// <exception cref="ArgumentException">It is empty or too long.</exception>
    public static string CheckAttachment(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        string full = Path.GetFullPath(path);
        int bytes = Encoding.UTF8.GetByteCount(full);
        return bytes <= ProtocolLimits.MaxAttachmentPathBytes ? full
            : throw new ArgumentException($"an attachment's path must have at most {ProtocolLimits.MaxAttachmentPathBytes} bytes of UTF-8; this one has {bytes}", nameof(path));
    }

    /// <summary>Cuts a value to 20,480 bytes of UTF-8 at a character boundary; a cut one ends in '…'.</summary>
    public static string CutValue(string value) => Utf8Text.Cut(value, ProtocolLimits.MaxValueBytes);
}
