using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using CrashHandler.Handler.Stacks.Document;

namespace CrashHandler.Handler.Stacks;

/// <summary>
/// Reads what <c>Exception.ToString()</c> writes, with its inner exceptions and stacks (dotnet/runtime: Exception.cs, AggregateException.cs, StackTrace.cs). A type may write
/// something else, and a message may look like anything: what is not understood is left out.
/// </summary>
internal sealed partial class ExceptionText
{
    private const string FramePrefix = "   at ";
    private const string InnerPrefix = " ---> ";
    private const string FileMark = " in ";
    private const string LineMark = ":line ";
    private const string EndOfInner = "   --- End of inner exception stack trace ---";
    private const string EndOfAggregated = "<---";
    private const int MostBytesOfCharacter = 4;
    private const string CutOff = "the text that the process sent was cut off";

    private static readonly string s_tooMany = $"only the first {StacksLimits.Exceptions} exceptions are kept";

    private readonly ExceptionTextPart _root;
    private readonly Stack<ExceptionTextPart> _open = new();
    private int _exceptions = 1;

    // Depth of exceptions that are past the limit: they are passed over, and so must their ends be.
    private int _passedOver;
    private bool _isIncomplete;

    private ExceptionText(string type, string message)
    {
        _root = new ExceptionTextPart(type, isAggregated: false);
        _root.Message.Append(message);
        _open.Push(_root);
    }

    /// <summary>Reads an exception.</summary>
    /// <param name="type">Full name of its type.</param>
    /// <param name="message">Its message.</param>
    /// <param name="text">All of it; at most <see cref="StacksLimits.ExceptionTextBytes"/> are read.</param>
    public static StackException Parse(string type, string message, string text)
    {
        ExceptionText parsed = new(type, message);
        string read = text.Length > StacksLimits.ExceptionTextBytes ? text[..StacksLimits.ExceptionTextBytes] : text;
        // Cut before the character that passes the limit.
        bool isCut = Encoding.UTF8.GetByteCount(text) > StacksLimits.ExceptionTextBytes - MostBytesOfCharacter;
        // The message is known: its lines may look like anything.
        string head = $"{type}: {message}";
        foreach (string line in (read.StartsWith(head, StringComparison.Ordinal) ? read[head.Length..] : read).Split('\n'))
        {
            parsed.Take(line.TrimEnd('\r'));
        }

        // Every inner exception's end is written: one that is missing was cut off with the rest.
        return parsed._root.ToException(isCut || parsed._open.Count > 1 ? CutOff : parsed._isIncomplete ? s_tooMany : null);
    }

    private void Take(string line)
    {
        if (line.StartsWith(InnerPrefix, StringComparison.Ordinal))
        {
            Begin(line[InnerPrefix.Length..]);
        }
        else if (line == EndOfInner)
        {
            End(isAggregated: false);
        }
        else if (_passedOver == 0)
        {
            bool ends = _open.Peek().IsAggregated && line.EndsWith(EndOfAggregated, StringComparison.Ordinal);
            TakeOwn(ends ? line[..^EndOfAggregated.Length] : line);
        }

        if (line.EndsWith(EndOfAggregated, StringComparison.Ordinal))
        {
            End(isAggregated: true);
        }
    }

    private void TakeOwn(string line)
    {
        ExceptionTextPart current = _open.Peek();
        if (line.StartsWith(FramePrefix, StringComparison.Ordinal))
        {
            current.IsHead = false;
            if (ReadFrame(line[FramePrefix.Length..]) is { } frame)
            {
                current.Add(frame);
            }
        }
        else if (current != _root && current.IsHead)
        {
            current.Message.Append('\n').Append(line);
        }
    }

    private void Begin(string head)
    {
        if (_passedOver > 0 || _exceptions == StacksLimits.Exceptions)
        {
            _passedOver++;
            _isIncomplete = true;
            return;
        }

        _exceptions++;
        Match number = AggregatedNumber().Match(head);
        string own = head[number.Length..];
        Match names = Head().Match(number.Success && own.EndsWith(EndOfAggregated, StringComparison.Ordinal) ? own[..^EndOfAggregated.Length] : own);
        ExceptionTextPart inner = new(names.Groups["type"].Value, number.Success)
        {
            HResult = int.TryParse(names.Groups["result"].ValueSpan, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out int result) ? result : null,
        };
        inner.Message.Append(names.Groups["message"].Value);
        ExceptionTextPart outer = _open.Peek();
        outer.IsHead = false;
        outer.Inner.Add(inner);
        _open.Push(inner);
    }

    private void End(bool isAggregated)
    {
        if (_passedOver > 0)
        {
            _passedOver--;
        }
        else if (_open.Count > 1 && _open.Peek().IsAggregated == isAggregated)
        {
            _open.Pop();
        }
    }

    private static StackFrame? ReadFrame(string text)
    {
        (string method, string? file, int? line) = SplitPlace(text);
        Match offset = NativeOffset().Match(method);
        method = offset.Success ? method[..offset.Index] : method;
        if (method.Contains('('))
        {
            return new StackFrame
            {
                Kind = StackFrameKind.Managed,
                Origin = StackFrameOrigin.Text,
                Method = Normalize(method),
                File = file,
                Line = line,
            };
        }

        // NativeAOT without its names. What is neither was cut off.
        return BaseOffset().Match(text) is { Success: true } bare
            ? new StackFrame { Kind = StackFrameKind.Native, Origin = StackFrameOrigin.Text, Module = bare.Groups["module"].Value, ModuleOffset = ParseHexadecimal(bare.Groups["offset"].ValueSpan) }
            : null;
    }

    /// <summary>Takes <c> in FILE:line N</c> off.</summary>
    private static (string Method, string? File, int? Line) SplitPlace(string text)
    {
        int file = text.IndexOf(FileMark, StringComparison.Ordinal);
        int line = text.LastIndexOf(LineMark, StringComparison.Ordinal);
        return file > 0 && line > file && int.TryParse(text.AsSpan(line + LineMark.Length), NumberStyles.None, CultureInfo.InvariantCulture, out int number)
            ? (text[..file], text[(file + FileMark.Length)..line], number)
            : (text, null, null);
    }

    private static ulong? ParseHexadecimal(ReadOnlySpan<char> digits)
        => ulong.TryParse(digits, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out ulong value) ? value : null;

    /// <summary>The method as a walk says it, as far as it goes: type arguments in angle brackets, arguments without their names.</summary>
    private static string Normalize(string method)
    {
        int open = method.IndexOf('(');
        int close = method.IndexOf(')', open);
        string name = method[..open];
        int generic = name.IndexOf('[');
        if (generic > 0 && name.EndsWith(']'))
        {
            name = $"{name[..generic]}<{name[(generic + 1)..^1]}>";
        }

        string arguments = close < 0 ? method[(open + 1)..] : method[(open + 1)..close];
        string rest = close < 0 ? "" : method[(close + 1)..];
        return $"{name}({string.Join(", ", SplitArguments(arguments).Select(WithoutName))}){(rest.StartsWith('+') ? rest : "")}";
    }

    private static IEnumerable<string> SplitArguments(string arguments)
    {
        int depth = 0;
        int start = 0;
        for (int i = 0; i < arguments.Length; i++)
        {
            depth += arguments[i] is '[' or '<' ? 1 : arguments[i] is ']' or '>' ? -1 : 0;
            if (arguments[i] == ',' && depth == 0)
            {
                yield return arguments[start..i].Trim();
                start = i + 1;
            }
        }

        if (arguments.Length > start)
        {
            yield return arguments[start..].Trim();
        }
    }

    private static string WithoutName(string argument) => argument.LastIndexOf(' ') is var space and > 0 ? argument[..space] : argument;

    [GeneratedRegex(@"^\(Inner Exception #[0-9]+\) ", RegexOptions.CultureInvariant)]
    private static partial Regex AggregatedNumber();

    // ExternalException and those of sockets have a number behind the type.
    [GeneratedRegex(@"^(?<type>[^:\s(]*)(?: \((?:0x(?<result>[0-9A-Fa-f]{1,8})|-?[0-9]+)\))?(?:: (?<message>.*)|.*)$", RegexOptions.CultureInvariant | RegexOptions.Singleline)]
    private static partial Regex Head();

    [GeneratedRegex(@" \+ 0x[0-9a-fA-F]+$", RegexOptions.CultureInvariant)]
    private static partial Regex NativeOffset();

    [GeneratedRegex(@"^(?<module>[^!]+)!<BaseAddress>\+0x(?<offset>[0-9a-fA-F]{1,16})$", RegexOptions.CultureInvariant)]
    private static partial Regex BaseOffset();
}
