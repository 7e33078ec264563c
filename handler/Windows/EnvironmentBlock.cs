using System.Text;

namespace CrashHandler.Handler.Posix;

/// <summary>An environment as CreateProcessW takes it. Pure.</summary>
internal static class EnvironmentBlock
{
    /// <summary><c>NAME=VALUE</c>, each with a zero behind it, in the order that Windows wants ("Changing Environment Variables"), and one zero more.</summary>
    public static string Of(IEnumerable<KeyValuePair<string, string>> variables)
    {
        StringBuilder block = new();
        foreach ((string name, string value) in variables.OrderBy(variable => variable.Key, StringComparer.OrdinalIgnoreCase))
        {
            block.Append(name).Append('=').Append(value).Append('\0');
        }

        // Of an empty one, two: the first text is the empty one that ends it.
        return block.Append('\0', block.Length == 0 ? 2 : 1).ToString();
    }
}
