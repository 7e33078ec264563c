using System.Runtime.InteropServices;

namespace CrashHandler.Handler.Capture.Linux;

/// <summary>/proc/PID/auxv: pairs of a type and a value (getauxval(3)).</summary>
internal static class AuxiliaryVector
{
    /// <summary><c>AT_ENTRY</c>: the executable's entry point, as loaded.</summary>
    public const ulong Entry = 9;

    /// <summary><c>AT_RANDOM</c>: sixteen bytes above the first thread's stack. The arguments lie above them, and then the environment.</summary>
    public const ulong Random = 25;

    /// <summary>The value of a type, or null.</summary>
    public static ulong? Find(ReadOnlySpan<byte> vector, ulong type)
    {
        ReadOnlySpan<ulong> words = MemoryMarshal.Cast<byte, ulong>(vector);
        for (int i = 0; i + 1 < words.Length; i += 2)
        {
            if (words[i] == type)
            {
                return words[i + 1];
            }
        }

        return null;
    }
}
