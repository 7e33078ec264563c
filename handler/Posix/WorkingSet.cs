using System.Globalization;

namespace CrashHandler.Handler.Posix;

/// <summary>
/// Gives back the memory that only the start, or a capture, has needed: a handler idles for days beside every application. Garbage and what the
/// allocators keep for later goes back to the kernel; pages of code stay in the page cache and come back by themselves when they are needed (madvise(2),
/// MADV_DONTNEED on clean file pages).
/// </summary>
internal static class WorkingSet
{
    /// <summary>Gives it back.</summary>
    /// <exception cref="IOException">/proc/self/maps cannot be read.</exception>
    public static void Trim()
    {
        List<(nint Start, nint Length)> code = FindCode();
        GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
        Malloc.Trim();
        foreach ((nint start, nint length) in code)
        {
            // Advice: where the kernel does not take it, the pages stay.
            _ = Libc.madvise(start, length, Libc.MADV_DONTNEED);
        }
    }

    private static List<(nint Start, nint Length)> FindCode()
    {
        List<(nint, nint)> code = [];
        // Read whole: while the file is read line by line, the reader itself would change it.
        foreach (string line in File.ReadAllLines("/proc/self/maps"))
        {
            // start-end perms offset device inode path. Code only: constants may hold addresses that the loader wrote before it protected them, and
            // those would be lost.
            string[] fields = line.Split(' ', 6, StringSplitOptions.RemoveEmptyEntries);
            if (fields.Length < 6 || !fields[5].StartsWith('/') || fields[1] != "r-xp")
            {
                continue;
            }

            string[] range = fields[0].Split('-');
            nint start = nint.Parse(range[0], NumberStyles.HexNumber, CultureInfo.InvariantCulture);
            nint end = nint.Parse(range[1], NumberStyles.HexNumber, CultureInfo.InvariantCulture);
            code.Add((start, end - start));
        }

        return code;
    }
}
