using System.Globalization;

namespace CrashHandler.Handler.Attach;

/// <summary>
/// What the mapped files of a process say of its runtime's start. A runtime (seen with .NET 8, 9 and 10) that is asked for a hook as soon as its diagnostics port is there keeps it,
/// and runs it ahead of <c>Main</c>. Once the execution engine is up, it runs one at once, on the port's own thread; but only some 15 ms later, when <c>coreclr_initialize</c> is about
/// to return, it has the list of the assemblies that it may bind. A hook in between is looked up in a list that is not there, and the process ends with SIGSEGV, without a word. No
/// answer of the port tells the three apart. The mapped files do: CoreLib is there before the engine is up, the only assembly that is not bound, and any other was found in that list.
/// </summary>
internal static class MappedAssemblies
{
    private const string CoreLibrary = "/System.Private.CoreLib.dll";
    private const string Assembly = ".dll";
    // Of a composite framework: the native code of many assemblies, mapped with CoreLib's.
    private const string Composite = "r2r.dll";
    // proc_pid_maps(5): a file that was replaced since.
    private const string Deleted = " (deleted)";
    private const int PermissionsField = 1;
    private const int OffsetField = 2;
    private const int PathField = 5;

    /// <summary>Reads it from the lines of /proc/PID/maps.</summary>
    /// <param name="maps">The lines.</param>
    /// <param name="executable">Path of the process's executable, which holds the assemblies of a single-file application. Compressed ones are unpacked to memory: those are not seen.</param>
    public static StartStage Stage(IEnumerable<string> maps, string executable)
    {
        bool hasCoreLibrary = false;
        HashSet<ulong> bundled = [];
        foreach (string line in maps)
        {
            string[] fields = line.Split(' ', PathField + 1, StringSplitOptions.RemoveEmptyEntries);
            if (fields.Length <= PathField)
            {
                continue;
            }

            string path = fields[PathField].EndsWith(Deleted, StringComparison.Ordinal) ? fields[PathField][..^Deleted.Length] : fields[PathField];
            if (path.EndsWith(CoreLibrary, StringComparison.Ordinal))
            {
                hasCoreLibrary = true;
            }
            else if (path.EndsWith(Assembly, StringComparison.Ordinal) && !path.EndsWith(Composite, StringComparison.Ordinal))
            {
                return StartStage.Started;
            }
            else if (path == executable && fields[PermissionsField].EndsWith('s') && ulong.Parse(fields[OffsetField], NumberStyles.HexNumber, CultureInfo.InvariantCulture) is not 0 and ulong offset)
            {
                // Each assembly in the bundle is read through one shared mapping of its own, CoreLib too; the loader of programs makes private ones, and the host maps from the start.
                bundled.Add(offset);
            }
        }

        return bundled.Count > 1 ? StartStage.Started : hasCoreLibrary || bundled.Count > 0 ? StartStage.CoreLibrary : StartStage.Empty;
    }
}
