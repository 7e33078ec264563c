using System.Text;

namespace CrashHandler.Handler.Stacks;

/// <summary>
/// Names of .NET methods as a programmer wrote them, for signatures: without arguments and type arguments, and what the compiler made of lambdas, local functions,
/// async methods and iterators made undone. The compiler's names are those of Roslyn's GeneratedNameKind.
/// </summary>
internal static class ManagedName
{
    /// <summary>What a lambda is called, behind the method that it stands in.</summary>
    public const string Lambda = " lambda";

    private const string StateMachineMethod = "MoveNext";

    private static readonly char[] s_digits = [.. "0123456789"];

    /// <summary>Namespace, type and method.</summary>
    /// <param name="method">As the runtime or an exception's text says it, such as <c>P.Outer`1+&lt;&gt;c.&lt;M&gt;b__0_1(System.Int32)</c>.</param>
    public static string Of(string method) => string.Join('.', Resolve(method.Length > StacksLimits.NameCharacters ? method[..StacksLimits.NameCharacters] : method, depth: 0));

    /// <summary>The last part of a name, such as <c>.ctor</c> or <c>M lambda</c>.</summary>
    public static string LastPart(string name)
    {
        int dot = name.LastIndexOf('.');
        return dot > 0 && name[dot - 1] == '.' ? name[dot..] : name[(dot + 1)..];
    }

    private static List<string> Resolve(string name, int depth)
    {
        List<string> parts = [];
        bool isStateMachine = false;
        foreach (string part in Split(name))
        {
            if (isStateMachine && part == StateMachineMethod)
            {
                break;
            }

            isStateMachine = false;
            if (part[0] == '<' && Closing(part, 0) is var closing and > 0)
            {
                string inner = part[1..closing];
                string kind = part[(closing + 1)..];
                parts.AddRange(OfCompiler(inner, kind, depth));
                isStateMachine = IsKind(kind, 'd');
            }
            else if (part.StartsWith("VB$StateMachine_", StringComparison.Ordinal))
            {
                parts.Add(part[(part.LastIndexOf('_') + 1)..]);
                isStateMachine = true;
            }
            else if (part.StartsWith("_Lambda$__", StringComparison.Ordinal))
            {
                parts.Add(Lambda.Trim());
            }
            else if (!part.StartsWith("_Closure$__", StringComparison.Ordinal))
            {
                parts.Add(part);
            }
        }

        return parts;
    }

    private static IEnumerable<string> OfCompiler(string inner, string kind, int depth)
    {
        if (inner.Length == 0)
        {
            // Closures say nothing; anonymous types and the like are numbered, which changes with every build.
            string kept = kind[(kind.IndexOf("__", StringComparison.Ordinal) is var mark and > 0 ? mark + 2 : 0)..].TrimEnd(s_digits);
            return kind.StartsWith('c') || kept.Length == 0 ? [] : [kept];
        }

        if (IsFileLocal(kind))
        {
            return [kind[(kind.IndexOf("__", StringComparison.Ordinal) + 2)..]];
        }

        List<string> outer = depth < StacksLimits.NameDepth ? Resolve(inner, depth + 1) : [inner];
        if (outer.Count == 0)
        {
            return outer;
        }

        if (kind.StartsWith("b__", StringComparison.Ordinal))
        {
            outer[^1] += outer[^1].EndsWith(Lambda, StringComparison.Ordinal) ? "" : Lambda;
        }
        else if (kind.StartsWith("g__", StringComparison.Ordinal))
        {
            outer.Add(kind[3..(kind.IndexOf('|') is var end and > 3 ? end : kind.Length)]);
        }

        return outer;
    }

    private static bool IsKind(string kind, char letter) => kind.Length > 0 && kind[0] == letter && (kind.Length == 1 || kind.AsSpan(1).StartsWith("__"));

    // <File>F1A2B..__Type: the hash is of the path.
    private static bool IsFileLocal(string kind)
        => kind.StartsWith('F') && kind.IndexOf("__", StringComparison.Ordinal) is var mark and > 1 && kind.AsSpan(1, mark - 1).IndexOfAnyExcept("0123456789ABCDEF") < 0;

    /// <summary>The parts between dots, without arguments, type arguments and arity. A part that begins with an angle bracket is the compiler's.</summary>
    private static List<string> Split(string name)
    {
        List<string> parts = [];
        StringBuilder part = new();
        for (int i = 0; i < name.Length && name[i] != '('; i++)
        {
            char c = name[i];
            if (c is '.' or '+' or '/')
            {
                if (part.Length == 0 && c == '.' && parts.Count > 0)
                {
                    part.Append(c);
                    continue;
                }

                Add();
            }
            else if (c is '<' or '[' && Closing(name, i) is var closing and > 0)
            {
                if (c == '<' && part.Length == 0)
                {
                    part.Append(name, i, closing + 1 - i);
                }

                i = closing;
            }
            else if (c is '`' or '@')
            {
                // Arity, or the line in which an F# closure stands.
                while (i + 1 < name.Length && (char.IsAsciiDigit(name[i + 1]) || (c == '@' && name[i + 1] == '-')))
                {
                    i++;
                }
            }
            else
            {
                part.Append(c);
            }
        }

        Add();
        return parts;

        void Add()
        {
            if (part.Length > 0 && part.ToString() is { } text && text != ".")
            {
                parts.Add(text);
            }

            part.Clear();
        }
    }

    /// <summary>Where the bracket at <paramref name="open"/> is closed; -1: nowhere.</summary>
    private static int Closing(string name, int open)
    {
        int depth = 0;
        for (int i = open; i < name.Length; i++)
        {
            depth += name[i] is '<' or '[' ? 1 : name[i] is '>' or ']' ? -1 : 0;
            if (depth == 0)
            {
                return i;
            }
        }

        return -1;
    }
}
