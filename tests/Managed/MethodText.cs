using System.Text;
using System.Text.RegularExpressions;

namespace CrashHandler.Tests.Managed;

/// <summary>
/// A method's name in words that can be compared, whoever wrote it: type and method without arguments of either kind, and instead of a state machine the method
/// that it was made of. <c>N.Box`1.Put[U](T t)</c>, <c>N.Box&lt;System.Int32&gt;.Put&lt;System.Double&gt;(System.Int32)</c> and <c>N.Box&lt;T&gt;.Put</c> are <c>N.Box.Put</c>.
/// </summary>
internal static partial class MethodText
{
    public static string Plain(string method)
    {
        // The exception's text names an iterator's state machine so.
        method = method.Replace("()+MoveNext()", "", StringComparison.Ordinal).Replace('+', '.');
        int parameters = method.IndexOf('(');
        string name = Arity().Replace(WithoutArguments(parameters < 0 ? method : method[..parameters]), "");
        return StateMachine().Replace(name, "$1");
    }

    // "<" behind a letter or digit begins type arguments; behind a point it begins a name that the compiler made.
    private static string WithoutArguments(string name)
    {
        StringBuilder text = new();
        int depth = 0;
        for (int i = 0; i < name.Length; i++)
        {
            char c = name[i];
            bool isOpening = c == '[' || (c == '<' && (depth > 0 || (i > 0 && (char.IsLetterOrDigit(name[i - 1]) || name[i - 1] == '_'))));
            bool isClosing = depth > 0 && (c is ']' or '>');
            if (isOpening)
            {
                depth++;
            }
            else if (isClosing)
            {
                depth--;
            }
            else if (depth == 0)
            {
                text.Append(c);
            }
        }

        return text.ToString();
    }

    [GeneratedRegex(@"`\d+")]
    private static partial Regex Arity();

    [GeneratedRegex(@"<([^<>.]+)>d(?:__\d+)?\.MoveNext$")]
    private static partial Regex StateMachine();
}
