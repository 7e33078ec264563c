using System.Buffers.Binary;
using CrashHandler.Handler.Posix;

namespace CrashHandler.Handler.Exec;

/// <summary>The file of a program: where it is, and whether ld.so will preload anything into it.</summary>
internal static class ProgramFile
{
    private const int ElfHeaderBytes = 64;
    private const byte ElfClass64 = 2;
    private const uint PtInterp = 3;

    /// <summary>Finds a program as the shell does.</summary>
    /// <exception cref="SyscallException">There is none, or it is not executable.</exception>
    public static string Find(string name, string? searchPath)
    {
        IEnumerable<string> candidates = name.Contains('/') ? [name]
            : (searchPath ?? "/usr/local/bin:/usr/bin:/bin").Split(':', StringSplitOptions.RemoveEmptyEntries).Select(directory => Path.Combine(directory, name));
        string? existing = null;
        foreach (string candidate in candidates.Where(File.Exists))
        {
            existing = candidate;
            const UnixFileMode Executable = UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;
            if ((File.GetUnixFileMode(candidate) & Executable) != 0)
            {
                return candidate;
            }
        }

        throw existing is null
            ? new SyscallException("execve", Libc.ENOENT, name, "check its name and PATH")
            : new SyscallException("execve", Libc.EACCES, existing, "it is not executable; chmod +x it");
    }

    /// <summary>Why the shim cannot be in this program; null when it can (scripts run under their interpreter).</summary>
    public static string? WhyUncaptured(string path)
    {
        if ((File.GetUnixFileMode(path) & (UnixFileMode.SetUser | UnixFileMode.SetGroup)) != 0)
        {
            return "it is setuid or setgid, and ld.so, which may say so itself, preloads nothing into such programs";
        }

        byte[] header = new byte[ElfHeaderBytes];
        using FileStream file = File.OpenRead(path);
        if (file.ReadAtLeast(header, header.Length, throwOnEndOfStream: false) < header.Length || !header.AsSpan().StartsWith("\u007fELF"u8))
        {
            return null;
        }

        if (header[4] != ElfClass64)
        {
            return "it is a 32-bit program, and ld.so will say itself that it ignores the 64-bit shim";
        }

        return HasInterpreter(file, header) ? null : "it is statically linked, so no ld.so preloads the shim";
    }

    // elf(5): e_phoff at 32, e_phentsize at 54, e_phnum at 56; a program header begins with p_type.
    private static bool HasInterpreter(FileStream file, ReadOnlySpan<byte> header)
    {
        long offset = BinaryPrimitives.ReadInt64LittleEndian(header[32..]);
        int size = BinaryPrimitives.ReadUInt16LittleEndian(header[54..]);
        int count = BinaryPrimitives.ReadUInt16LittleEndian(header[56..]);
        byte[] type = new byte[sizeof(uint)];
        for (int i = 0; i < count; i++)
        {
            file.Position = offset + ((long)i * size);
            if (file.ReadAtLeast(type, type.Length, throwOnEndOfStream: false) == type.Length && BinaryPrimitives.ReadUInt32LittleEndian(type) == PtInterp)
            {
                return true;
            }
        }

        return false;
    }
}
