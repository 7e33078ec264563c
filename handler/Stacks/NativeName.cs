using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace CrashHandler.Handler.Stacks;

/// <summary>Names of native functions and modules, the same over builds and machines, for signatures.</summary>
internal static partial class NativeName
{
    private const string Deleted = " (deleted)";

    // Brackets that belong to a name.
    private static readonly string[] s_whole =
        ["(anonymous namespace)", "operator()", "operator<<=", "operator>>=", "operator<=>", "operator->", "operator<<", "operator>>", "operator<=", "operator>=", "operator<", "operator>", "operator[]"];

    /// <summary>A function's name without version, clone suffixes, arguments, template arguments and the processor it was chosen for.</summary>
    /// <param name="symbol">As the symbol table has it, mangled or not.</param>
    public static string OfFunction(string symbol)
    {
        string name = symbol.Length > StacksLimits.NameCharacters ? symbol[..StacksLimits.NameCharacters] : symbol;
        int version = name.IndexOf('@');
        name = version > 0 ? name[..version] : name;
        name = CloneSuffix().Replace(name, "");
        name = RustHash().Replace(name, "$1");
        name = Demangle(name) ?? (name.Contains("::", StringComparison.Ordinal) || name.Contains('(') ? WithoutArguments(name) : name);
        name = name.StartsWith("__GI_", StringComparison.Ordinal) ? name["__GI_".Length..] : name;
        Match chosen = ProcessorVariant().Match(name);
        return chosen.Success ? chosen.Groups[1].Value : LibcAllocator().Replace(name, "$1");
    }

    /// <summary>A module's file name without directory and version, such as <c>libc.so</c>; of one of Windows in small letters, as its loader takes large ones for the same.</summary>
    public static string OfModule(string path)
    {
        string trimmed = path.EndsWith(Deleted, StringComparison.Ordinal) ? path[..^Deleted.Length] : path;
        if (trimmed is [_, ':', '\\', ..] or ['\\', '\\', ..])
        {
            return trimmed[(trimmed.LastIndexOf('\\') + 1)..].ToLowerInvariant();
        }

        string name = trimmed[(trimmed.LastIndexOf('/') + 1)..];
        return LibraryVersion().Replace(name, ".so");
    }

    /// <summary>
    /// The function's qualified name in a mangled one of the Itanium C++ ABI ("External Names"): plain names, namespaces, constructors and destructors. Null: it is
    /// none, or has more in it, such as template arguments.
    /// </summary>
    private static string? Demangle(string name)
    {
        if (!name.StartsWith("_Z", StringComparison.Ordinal))
        {
            return null;
        }

        int at = 2;
        bool isNested = at < name.Length && name[at] == 'N';
        at += isNested ? 1 : 0;
        while (isNested && at < name.Length && name[at] is 'K' or 'V' or 'r' or 'R' or 'O')
        {
            at++;
        }

        List<string> parts = [];
        if (name.AsSpan(at).StartsWith("St"))
        {
            parts.Add("std");
            at += 2;
        }

        // A template's arguments would come now, or the end; what else there is, is not read.
        while (at < name.Length && (isNested || parts.Count == 0 || parts is ["std"]))
        {
            if (char.IsAsciiDigit(name[at]))
            {
                int digits = at;
                while (at < name.Length && char.IsAsciiDigit(name[at]))
                {
                    at++;
                }

                if (!int.TryParse(name.AsSpan(digits, at - digits), NumberStyles.None, CultureInfo.InvariantCulture, out int length) || length > name.Length - at)
                {
                    return null;
                }

                string part = name.Substring(at, length);
                parts.Add(part.StartsWith("_GLOBAL__N_", StringComparison.Ordinal) ? "(anonymous namespace)" : part);
                at += length;
            }
            else if (isNested && parts.Count > 0 && at + 1 < name.Length && name[at] is 'C' or 'D' && char.IsAsciiDigit(name[at + 1]))
            {
                parts.Add(name[at] == 'D' ? "~" + parts[^1] : parts[^1]);
                at += 2;
            }
            else
            {
                return isNested && name[at] == 'E' && parts.Count > 0 ? string.Join("::", parts) : null;
            }
        }

        return isNested || parts.Count == 0 || parts is ["std"] || (at < name.Length && name[at] == 'I') ? null : string.Join("::", parts);
    }

    private static string WithoutArguments(string name)
    {
        StringBuilder kept = new();
        int depth = 0;
        for (int i = 0; i < name.Length; i++)
        {
            foreach (string whole in s_whole)
            {
                if (depth == 0 && string.CompareOrdinal(name, i, whole, 0, whole.Length) == 0)
                {
                    kept.Append(whole);
                    i += whole.Length;
                    break;
                }
            }

            if (i >= name.Length)
            {
                break;
            }

            depth += name[i] is '<' or '(' or '[' ? 1 : 0;
            if (depth == 0)
            {
                kept.Append(name[i]);
            }

            depth -= depth > 0 && name[i] is '>' or ')' or ']' ? 1 : 0;
        }

        string text = kept.ToString();
        text = text.EndsWith(" const", StringComparison.Ordinal) ? text[..^" const".Length] : text;
        return text.Trim();
    }

    [GeneratedRegex(@"(?:\.(?:cold|part|isra|constprop|lto_priv|llvm|localalias|clone|resolver|unlikely)(?:\.\d+)*)+.*$", RegexOptions.CultureInvariant)]
    private static partial Regex CloneSuffix();

    [GeneratedRegex(@"(?:::h[0-9a-f]{16}|17h[0-9a-f]{16}(E?))$", RegexOptions.CultureInvariant)]
    private static partial Regex RustHash();

    [GeneratedRegex(@"^__((?:mem|str|wcs|wmem|raw|st[pr]n?)[a-z]+)(?:_chk)?_(?:sse|ssse|avx|evex|erms|unaligned|rtm|ia32|generic)[a-z0-9_]*$", RegexOptions.CultureInvariant)]
    private static partial Regex ProcessorVariant();

    [GeneratedRegex(@"^__libc_(malloc|free|calloc|realloc|memalign)$", RegexOptions.CultureInvariant)]
    private static partial Regex LibcAllocator();

    [GeneratedRegex(@"(?:-[0-9][0-9.]*)?\.so(?:\.[0-9][0-9a-zA-Z.]*)?$", RegexOptions.CultureInvariant)]
    private static partial Regex LibraryVersion();
}
