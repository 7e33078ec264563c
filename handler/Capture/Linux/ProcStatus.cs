using System.Buffers.Text;

namespace CrashHandler.Handler.Capture.Linux;

/// <summary>/proc/PID/status, the lines of it that are needed (proc(5)).</summary>
internal static class ProcStatus
{
    /// <summary>
    /// The numbers of <c>NSpid</c>: the pid in the reader's namespace first, in the process's own last. Empty before Linux 4.1.
    /// </summary>
    public static List<int> NamespacePids(ReadOnlySpan<byte> status) => Numbers(status, "NSpid:"u8);

    /// <summary>The process that traces this one, or 0.</summary>
    public static int TracerPid(ReadOnlySpan<byte> status) => Numbers(status, "TracerPid:"u8) is [int tracer] ? tracer : 0;

    private static List<int> Numbers(ReadOnlySpan<byte> status, ReadOnlySpan<byte> key)
    {
        List<int> numbers = [];
        foreach (Range line in status.Split((byte)'\n'))
        {
            ReadOnlySpan<byte> text = status[line];
            if (text.StartsWith(key))
            {
                text = text[key.Length..];
                foreach (Range word in text.SplitAny(" \t"u8))
                {
                    if (Utf8Parser.TryParse(text[word], out int number, out _))
                    {
                        numbers.Add(number);
                    }
                }

                break;
            }
        }

        return numbers;
    }
}
