using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;
using CrashHandler.Handler.Doctor.Facts;
using CrashHandler.Handler.Posix;

namespace CrashHandler.Handler.Doctor.Gathering;

/// <summary>Which of a process's own assemblies have symbols.</summary>
internal static class SymbolLook
{
    private const string AssemblyExtension = ".dll";

    // Those of the runtime come without, and nobody misses them.
    private const string SharedFrameworks = "/shared/Microsoft.";

    /// <summary>Null: its maps cannot be read.</summary>
    public static SymbolFacts? Gather(int pid)
    {
        if (ProcText.TryRead($"/proc/{pid}/maps") is not { } maps)
        {
            return null;
        }

        List<string> assemblies =
        [
            .. maps.Split('\n').Where(line => line.EndsWith(AssemblyExtension, StringComparison.Ordinal) && line.Contains('/'))
                .Select(line => line[line.IndexOf('/')..]).Distinct().Where(path => !path.Contains(SharedFrameworks, StringComparison.Ordinal)),
        ];
        int with = 0;
        List<string> without = [];
        foreach (string path in assemblies.Take(DoctorLimits.Assemblies))
        {
            switch (HasSymbols($"/proc/{pid}/root{path}"))
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

            bool isFound = assembly.TryOpenAssociatedPortablePdb(
                path, pdb => Libc.access(pdb, Libc.R_OK) == 0 ? File.OpenRead(pdb) : null, out MetadataReaderProvider? symbols, out _);
            symbols?.Dispose();
            return isFound;
        }
        catch (Exception broken) when (broken is BadImageFormatException or IOException or UnauthorizedAccessException)
        {
            // What cannot be read has no symbols for a reader either.
            return false;
        }
    }
}
