using System.Collections;
using System.Globalization;
using System.Reflection;
using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json;
using Xunit;

namespace CrashHandler.Tests.Cli;

/// <summary>Text that a process might choose to harm who looks at its report, and records that are full of it.</summary>
internal static class Hostile
{
    /// <summary>Everything at once: markup, quotes, entities; a terminal's commands, 7 and 8 bits wide; what turns or hides text; lines, NUL; half a character.</summary>
    public const string Text = "<script>document.title='x'</script>\"'><img src=x onerror=alert(1)></title></style>&lt;b&gt;<!--]]>\u001b]0;owned\u0007\u001b[31m\u009b32m\u0085\r\n\t\0\u007f"
        + "\u202Egpj.exe\u2066\u2069\u200f\u200b\ufeff\u2028\u2029{0}\ud800 \udc00end";

    /// <summary>As it is to be read, up to where it first has a control character.</summary>
    public const string Shown = "<script>document.title='x'</script>\"'><img src=x onerror=alert(1)></title></style>&lt;b&gt;<!--]]>\\u{1b}]0;owned";

    private const int ArrayLength = 16;

    /// <summary>A record whose every text is hostile, its name before it, and whose every list has two elements.</summary>
    public static T Fill<T>() => (T)Make(typeof(T), typeof(T).Name, 0)!;

    /// <summary>That nothing of it gets through but line ends: no control, nothing that turns or hides what stands beside it.</summary>
    public static void AssertHarmless(string text)
    {
        foreach (Rune rune in text.EnumerateRunes())
        {
            Assert.True(
                rune.Value == '\n' || Rune.GetUnicodeCategory(rune) is not (UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator),
                $"U+{rune.Value:X4} gets through");
        }
    }

    private static object? Make(Type type, string name, int depth)
    {
        // An exception within an exception would never end.
        const int Deepest = 6;
        Type plain = Nullable.GetUnderlyingType(type) ?? type;
        if (plain == typeof(string))
        {
            return $"[{name}] {Text}";
        }

        if (plain.IsEnum)
        {
            return Enum.GetValues(plain).GetValue(0);
        }

        if (plain.IsPrimitive || plain == typeof(Guid) || plain == typeof(TimeSpan) || plain == typeof(JsonElement))
        {
            return plain == typeof(int) || plain == typeof(uint) || plain == typeof(long) || plain == typeof(ulong) ? Convert.ChangeType(1, plain, CultureInfo.InvariantCulture) : Activator.CreateInstance(plain);
        }

        if (plain == typeof(DateTimeOffset))
        {
            return new DateTimeOffset(2026, 1, 2, 3, 4, 5, TimeSpan.Zero);
        }

        if (plain.IsGenericType && plain.GetGenericArguments() is [Type key, Type value])
        {
            IDictionary pairs = (IDictionary)Activator.CreateInstance(typeof(Dictionary<,>).MakeGenericType(key, value))!;
            pairs.Add(Make(key, name + ".key", depth)!, Make(value, name + ".value", depth));
            return pairs;
        }

        if (plain.IsGenericType && plain.GetGenericArguments() is [Type element])
        {
            Array elements = Array.CreateInstance(element, depth < Deepest ? 2 : 0);
            for (int i = 0; i < elements.Length; i++)
            {
                elements.SetValue(Make(element, name, depth + 1), i);
            }

            return elements;
        }

        return plain.IsArray ? MakeArray(plain.GetElementType()!, name, depth) : depth < Deepest ? MakeObject(plain, name, depth) : null;
    }

    // Of numbers by kind: more than there are kinds of anything.
    private static Array MakeArray(Type element, string name, int depth)
    {
        Array elements = Array.CreateInstance(element, ArrayLength);
        for (int i = 0; i < elements.Length; i++)
        {
            elements.SetValue(Make(element, name, depth + 1), i);
        }

        return elements;
    }

    private static object MakeObject(Type type, string name, int depth)
    {
        object made = RuntimeHelpers.GetUninitializedObject(type);
        foreach (FieldInfo field in type.GetFields(BindingFlags.Instance | BindingFlags.NonPublic).Where(field => field.Name.EndsWith("k__BackingField", StringComparison.Ordinal)))
        {
            field.SetValue(made, Make(field.FieldType, $"{name}.{field.Name[1..field.Name.IndexOf('>')]}", depth + 1));
        }

        return made;
    }
}
