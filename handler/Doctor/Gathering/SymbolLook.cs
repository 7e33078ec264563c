using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;
using CrashHandler.Handler.Doctor.Facts;

namespace CrashHandler.Handler.Doctor.Gathering;

/// <summary>Which of a process's own assemblies have symbols.</summary>
internal static partial class SymbolLook
{
    private const string AssemblyExtension = ".dll";

    // Those of the runtime come without, and nobody misses them.
    private static readonly string s_sharedFrameworks = $"{Path.DirectorySeparatorChar}shared{Path.DirectorySeparatorChar}Microsoft.";

    /// <summary>Null: what is mapped there cannot be seen.</summary>
    public static SymbolFacts? Gather(int pid)
    {
        if (Mapped(pid) is not { } mapped)
        {
            return null;
        }

        List<string> assemblies = [.. mapped.Where(path => path.EndsWith(AssemblyExtension, StringComparison.Ordinal) && !path.Contains(s_sharedFrameworks, StringComparison.Ordinal)).Distinct()];
        int with = 0;
        List<string> without = [];
        foreach (string path in assemblies.Take(DoctorLimits.Assemblies))
        {
            switch (HasSymbols(path))
            {
                case true:
                    with++;
                    break;
                case false:
                    without.Add(Path.GetFileName(path));
                    break;
            }
        }

        return new SymbolFacts(with, without, assemblies.Count > DoctorLimits.Assemblies);
    }

    /// <summary>Null: it is no assembly, or a part of the runtime that is beside the application.</summary>
    internal static bool? HasSymbols(string path)
    {
        try
        {
            using PEReader assembly = new(File.OpenRead(path));
            if (!assembly.HasMetadata)
            {
                return null;
            }

            bool isFound = assembly.TryOpenAssociatedPortablePdb(path, TryOpen, out MetadataReaderProvider? symbols, out _);
            symbols?.Dispose();
            return isFound;
        }
        catch (Exception broken) when (broken is BadImageFormatException or IOException or UnauthorizedAccessException)
        {
            // What cannot be read has no symbols for a reader either.
            return false;
        }
    }

    private static FileStream? TryOpen(string pdb)
    {
        try
        {
            return File.OpenRead(pdb);
        }
        catch (Exception closed) when (closed is IOException or UnauthorizedAccessException)
        {
            // The assembly may have them in itself.
            return null;
        }
    }
}
