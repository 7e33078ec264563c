using System.Text;
using CrashHandler.Protocol;

namespace CrashHandler;

/// <summary>What headers an upload may carry, and how they travel to the handler. Pure.</summary>
internal static class HeaderRules
{
    // What makes the form a form.
    private static readonly HashSet<string> s_ours = new(StringComparer.OrdinalIgnoreCase)
    {
        "Content-Type", "Content-Length", "Content-Encoding", "Transfer-Encoding", "Host", "Connection", "Expect",
    };

    /// <summary>The headers as the registration block has them, a line each; null: there are none.</summary>
    /// <exception cref="ArgumentException">A header is none, is ours, or they are too long.</exception>
    public static string? Encode(IDictionary<string, string>? headers)
    {
        foreach ((string name, string value) in headers ?? new Dictionary<string, string>())
        {
            if (name.Length == 0 || !name.All(c => char.IsAsciiLetterOrDigit(c) || "!#$%&'*+-.^_`|~".Contains(c, StringComparison.Ordinal)))
            {
                throw new ArgumentException($"'{name}' is no name of a header", nameof(headers));
            }

            if (s_ours.Contains(name))
            {
                throw new ArgumentException($"the header '{name}' is set by the crash reporter itself", nameof(headers));
            }

            if (value is null || value.Any(c => c is '\r' or '\n' or '\0'))
            {
                throw new ArgumentException($"the value of the header '{name}' {(value is null ? "is null" : "has more than one line")}", nameof(headers));
            }
        }

        if (headers is not { Count: > 0 })
        {
            return null;
        }

        string lines = string.Join('\n', headers.Select(header => $"{header.Key}: {header.Value}"));
        int bytes = Encoding.UTF8.GetByteCount(lines);
        return bytes <= ProtocolLimits.MaxValueBytes ? lines
            : throw new ArgumentException($"the headers have {bytes} bytes, at most {ProtocolLimits.MaxValueBytes} are taken", nameof(headers));
    }
}
