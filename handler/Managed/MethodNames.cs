using System.Buffers;
using System.Globalization;
using System.Text;

namespace CrashHandler.Handler.Managed;

/// <summary>
/// The runtime's names of methods and types as people write them: <c>P.Outer`1[[System.Int32, System.Private.CoreLib]].M(Int32)</c> is
/// <c>P.Outer&lt;System.Int32&gt;.M(System.Int32)</c>, and a nested type is <c>Outer.Inner</c>, as in an exception's text.
/// </summary>
internal static class MethodNames
{
    // The runtime leaves out their namespace in a list of parameters.
    private static readonly HashSet<string> s_primitives =
    [
        "Void", "Boolean", "Char", "SByte", "Byte", "Int16", "UInt16", "Int32", "UInt32", "Int64", "UInt64", "IntPtr", "UIntPtr", "Single", "Double", "String", "Object",
        "TypedReference",
    ];

    private static readonly SearchValues<char> s_nameEnds = SearchValues.Create("(),[]<>&* ");

    // A name that nests deeper is hostile, and left as it is from there on.
    private const int MaxDepth = 16;

    /// <summary>A method's name with its parameters.</summary>
    public static string OfMethod(string name)
    {
        int parameters = name.LastIndexOf('(');
        string converted = Convert(name, 0);
        if (parameters < 0)
        {
            return converted;
        }

        int start = converted.LastIndexOf('(');
        return start < 0 ? converted : converted[..start] + WithNamespaces(converted.AsSpan(start));
    }

    /// <summary>A type's name.</summary>
    public static string OfType(string name) => Convert(name, 0);

    private static string Convert(ReadOnlySpan<char> name, int depth)
    {
        if (depth > MaxDepth)
        {
            return name.ToString();
        }

        StringBuilder text = new(name.Length);
        List<(int Place, int Count)> open = [];
        int i = 0;
        while (i < name.Length)
        {
            char c = name[i];
            if (c == '`' && TryReadCount(name[(i + 1)..], out int count, out int digits))
            {
                i += 1 + digits;
                // In a list of parameters the arguments follow as they should.
                if (i >= name.Length || name[i] != '<')
                {
                    open.Add((text.Length, count));
                }
            }
            else if (c == '[' && i + 1 < name.Length && name[i + 1] == '[')
            {
                i += ReadArguments(name[i..], depth, out List<string> arguments);
                Insert(text, open, arguments);
            }
            else
            {
                text.Append(c == '+' ? '.' : c);
                i++;
            }
        }

        Insert(text, open, []);
        return text.ToString();
    }

    private static bool TryReadCount(ReadOnlySpan<char> text, out int count, out int digits)
    {
        digits = 0;
        while (digits < text.Length && char.IsAsciiDigit(text[digits]))
        {
            digits++;
        }

        return int.TryParse(text[..digits], NumberStyles.None, CultureInfo.InvariantCulture, out count);
    }

    // [[type, assembly],[type, assembly]]
    private static int ReadArguments(ReadOnlySpan<char> text, int depth, out List<string> arguments)
    {
        arguments = [];
        int i = 1;
        while (i < text.Length && text[i] == '[')
        {
            int end = FindEnd(text[i..], out int typeEnd);
            arguments.Add(Convert(text.Slice(i + 1, typeEnd - 1), depth + 1));
            i += end + 1;
            if (i < text.Length && text[i] == ',')
            {
                i++;
            }
        }

        return Math.Min(i + 1, text.Length);
    }

    // Of text that begins with [: the place of its ], and of the comma before the assembly.
    private static int FindEnd(ReadOnlySpan<char> text, out int typeEnd)
    {
        typeEnd = 0;
        int nesting = 0;
        for (int i = 0; i < text.Length; i++)
        {
            switch (text[i])
            {
                case '[':
                    nesting++;
                    break;
                case ',' when nesting == 1 && typeEnd == 0:
                    typeEnd = i;
                    break;
                case ']' when --nesting == 0:
                    typeEnd = typeEnd == 0 ? i : typeEnd;
                    return i;
            }
        }

        typeEnd = typeEnd == 0 ? text.Length : typeEnd;
        return text.Length - 1;
    }

    // The runtime puts the arguments of all types of a nest behind the last one.
    private static void Insert(StringBuilder text, List<(int Place, int Count)> open, List<string> arguments)
    {
        if (open.Count == 0)
        {
            if (arguments.Count > 0)
            {
                text.Append('<').AppendJoin(", ", arguments).Append('>');
            }

            return;
        }

        int end = (int)Math.Min(arguments.Count, open.Sum(type => (long)type.Count));
        for (int i = open.Count - 1; i >= 0; i--)
        {
            (int place, int count) = open[i];
            int first = end - count;
            text.Insert(place, first >= 0 && count > 0 ? $"<{string.Join(", ", arguments[first..end])}>" : $"`{count}");
            end = Math.Max(first, 0);
        }

        open.Clear();
    }

    private static string WithNamespaces(ReadOnlySpan<char> parameters)
    {
        StringBuilder text = new(parameters.Length);
        while (parameters.Length > 0)
        {
            int end = parameters.IndexOfAny(s_nameEnds);
            int length = end < 0 ? parameters.Length : end;
            string name = parameters[..length].ToString();
            text.Append(s_primitives.Contains(name) ? "System." : "").Append(name);
            parameters = parameters[length..];
            if (parameters.Length > 0)
            {
                text.Append(parameters[0]);
                parameters = parameters[1..];
            }
        }

        return text.ToString();
    }
}
