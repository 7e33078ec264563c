using System.Text;
using CrashHandler.Protocol;

namespace CrashHandler;

/// <summary>The check of the headers that the application wants its uploads to carry. Pure.</summary>
internal static class HeaderRules
{
    /// <summary>The headers as the registration block has them, a line each; null: there are none.</summary>
    /// <exception cref="ArgumentException">A header is none, is ours, or they are too long.</exception>
    public static string? Encode(IDictionary<string, string>? headers)
    {
        if (headers is not { Count: > 0 })
        {
            return null;
        }

        foreach ((string name, string value) in headers)
        {
            if (UploadHeaders.Problem(name, value) is { } problem)
            {
                throw new ArgumentException(problem, nameof(headers));
            }
        }

        string lines = UploadHeaders.Format(headers);
        int bytes = Encoding.UTF8.GetByteCount(lines);
        return bytes <= ProtocolLimits.MaxHeadersBytes ? lines
            : throw new ArgumentException($"the headers have {bytes} bytes, at most {ProtocolLimits.MaxHeadersBytes} are taken", nameof(headers));
    }
}
