using System.Buffers.Binary;
using System.Text;

namespace CrashHandler.Tests.Fuzz.Formats;

/// <summary>Changes a whole input at random, always in the same way for the same seed.</summary>
/// <param name="seeds">Whole inputs of one format.</param>
/// <param name="others">Further ones, which are not taken as often: they may be refused as they are.</param>
/// <param name="isText">Whether most changes are of words: names, texts and numbers of JSON, fields of a line.</param>
/// <param name="seed">Of the random numbers.</param>
internal sealed class Mutator(IReadOnlyList<byte[]> seeds, IReadOnlyList<byte[]> others, bool isText, int seed)
{
    private const int LongestRange = 64;

    private static readonly byte[] s_bytes = [0, 0xff, 0x7f, 0x80];

    private static readonly ulong[] s_numbers =
    [
        0, 1, 2, 4, 8, 0x7f, 0x80, 0xff, 0x7fff, 0x8000, 0xffff, 0x1_0000, 0x00ff_ffff, 0x7fff_fff0, 0x7fff_ffff, 0x8000_0000, 0xffff_fff0, 0xffff_ffff, 0x1_0000_0000,
        0x7fff_ffff_ffff_fff0, 0x7fff_ffff_ffff_ffff, 0x8000_0000_0000_0000, 0xffff_ffff_ffff_fff0, 0xffff_ffff_ffff_ffff,
    ];

    // Of JSON, by their kind: each may stand where another one stood.
    private static readonly string[] s_texts =
    [
        "\"\"", "\"x\"", "\"\\ud800\"", "\"\\udc00x\"", "\"\\u0000\"", "\"\\u001b]0;x\\u0007\"", "\"../../x\"", "\"9999-12-31T23:59:59.9999999-14:00\"", "\"9999-12-31T23:59:59.9999999+00:00\"",
        "\"0001-01-01T00:00:00+00:00\"",
    ];

    private static readonly string[] s_counts =
    [
        "0", "-1", "1e999", "-1e999", "1.5", "2147483647", "2147483648", "-2147483648", "9223372036854775807", "9223372036854775808", "18446744073709551615", "99999999999999999999999",
    ];

    private static readonly string[] s_values = ["null", "true", "false", "[]", "{}", "{\"\\ud800\":1}", "[null]", "{\"a\":null}", "{\"a\":{\"a\":[{}]}}", .. s_texts, .. s_counts];

    private static readonly string[] s_marks =
    [
        "\"", "{", "}", "[", "]", ",", ":", "\\", "\n", "\r\n", "\0", " ", "\t", "(", ")", "<", ">", "`", "%", "%0d", "\u001b[2J", "\u202e", "é", "-", "/", "..", "../../x",
    ];

    private readonly Random _random = new(seed);

    /// <summary>The next input.</summary>
    public byte[] Next()
    {
        List<byte> input = [.. others.Count > 0 && _random.Next(8) == 0 ? Any(others) : Any(seeds)];
        // Mostly few: what has many is refused at the first.
        for (int changes = _random.Next(2) == 0 ? 1 : _random.Next(1, FormatLimits.Changes + 1); changes > 0; changes--)
        {
            if (isText && _random.Next(8) != 0)
            {
                ChangeWord(input);
            }
            else
            {
                ChangeBytes(input);
            }
        }

        return _random.Next(24) == 0 ? [.. input[.._random.Next(input.Count + 1)]] : [.. input];
    }

    private void ChangeBytes(List<byte> input)
    {
        int at = _random.Next(input.Count + 1);
        int length = Math.Min(_random.Next(1, LongestRange), input.Count - at);
        Span<byte> number = stackalloc byte[sizeof(ulong)];
        switch (at == input.Count ? 4 : _random.Next(9))
        {
            case 0:
                input[at] ^= (byte)(1 << _random.Next(8));
                break;
            case 1:
                input[at] = s_bytes[_random.Next(s_bytes.Length)];
                break;
            case 2:
                input[at] = (byte)_random.Next(256);
                break;
            case 3:
                input.RemoveRange(at, length);
                break;
            case 4:
                byte[] other = Any(others.Count > 0 && _random.Next(2) == 0 ? others : seeds);
                int from = _random.Next(other.Length + 1);
                input.InsertRange(at, other.AsSpan(from, Math.Min(_random.Next(1, LongestRange), other.Length - from)).ToArray());
                break;
            case 5:
                Repeat(input, at, input.GetRange(at, length));
                break;
            default:
                // Offsets, lengths and counts stand where they are aligned.
                int size = _random.Next(2) == 0 ? sizeof(uint) : sizeof(ulong);
                BinaryPrimitives.WriteUInt64LittleEndian(number, _random.Next(3) == 0 ? (ulong)_random.Next(input.Count + LongestRange) : s_numbers[_random.Next(s_numbers.Length)]);
                at &= _random.Next(4) == 0 ? -1 : -sizeof(uint);
                for (int i = 0; i < size && at + i < input.Count; i++)
                {
                    input[at + i] = number[i];
                }

                break;
        }
    }

    private void ChangeWord(List<byte> input)
    {
        List<(int At, int Length)> places = Words(input);
        if (places.Count == 0)
        {
            input.AddRange(Word(_random.Next(2) == 0 ? s_values : s_marks));
            return;
        }

        (int at, int length) = places[_random.Next(places.Count)];
        // What stands between words are mostly the marks that make it that format at all: those less often.
        if (!IsLetter(input[at]) && input[at] != '"' && _random.Next(4) != 0)
        {
            (at, length) = places.Find(place => place.At > at && (IsLetter(input[place.At]) || input[place.At] == '"')) is { Length: > 0 } next ? next : (at, length);
        }

        switch (_random.Next(12))
        {
            case 0:
                input.RemoveRange(at, length);
                break;
            case 1:
                input.InsertRange(at, Word(_random.Next(2) == 0 ? s_values : s_marks));
                break;
            case 2:
                Repeat(input, at, input.GetRange(at, length));
                break;
            case 3:
                (int from, int count) = places[_random.Next(places.Count)];
                List<byte> word = input.GetRange(from, count);
                input.RemoveRange(at, length);
                input.InsertRange(at, word);
                break;
            default:
                string[] words = _random.Next(8) == 0 ? s_marks
                    : _random.Next(4) == 0 ? s_values
                    : input[at] == '"' ? s_texts
                    : char.IsAsciiDigit((char)input[at]) ? s_counts
                    : IsLetter(input[at]) ? s_values
                    : s_marks;
                input.RemoveRange(at, length);
                input.InsertRange(at, Word(words));
                break;
        }
    }

    // Mostly twice; sometimes so often that what nests, or is counted, passes every limit.
    private void Repeat(List<byte> input, int at, List<byte> part)
    {
        int times = _random.Next(8) == 0 ? _random.Next(1, 2_000) : 1;
        for (int i = 0; i < times && input.Count + part.Count < FormatLimits.GrowthBytes; i++)
        {
            input.InsertRange(at, part);
        }
    }

    private byte[] Word(string[] words) => Encoding.UTF8.GetBytes(Any(words));

    private T Any<T>(IReadOnlyList<T> all) => all[_random.Next(all.Count)];

    // A text in quotes, a run of letters and digits, or one other character.
    private static List<(int At, int Length)> Words(List<byte> input)
    {
        List<(int At, int Length)> words = [];
        for (int at = 0; at < input.Count;)
        {
            int end = at + 1;
            if (input[at] == '"')
            {
                while (end < input.Count && input[end] != '"')
                {
                    end += input[end] == '\\' ? 2 : 1;
                }

                end = Math.Min(end + 1, input.Count);
            }
            else if (IsLetter(input[at]))
            {
                while (end < input.Count && IsLetter(input[end]))
                {
                    end++;
                }
            }

            // Blanks between them are many, and say nothing.
            if (input[at] != ' ')
            {
                words.Add((at, end - at));
            }

            at = end;
        }

        return words;
    }

    private static bool IsLetter(byte value) => char.IsAsciiLetterOrDigit((char)value) || value == '_';
}
