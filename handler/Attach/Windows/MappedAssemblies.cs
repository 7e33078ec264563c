using CrashHandler.Handler.Exec;
using CrashHandler.Handler.Posix;

namespace CrashHandler.Handler.Attach;

/// <summary>
/// What the loaded images of a process say of its runtime's start. A runtime that is asked for a hook before it has the list of the assemblies that it may bind ends (as the twin for Linux says). On Windows it has
/// the system's loader load assemblies too (seen with .NET 10): CoreLib is the first, the only one that is not bound; the next is the program's own, found in that list. Libraries without
/// a CLI header, such as clrjit.dll, say nothing.
/// </summary>
internal static class MappedAssemblies
{
    private const string CoreLibrary = "System.Private.CoreLib.dll";
    // Of a composite framework: the native code of many assemblies, loaded with CoreLib's.
    private const string Composite = ".r2r.dll";
    private const string Assembly = ".dll";

    /// <summary>Reads it from the images of a process.</summary>
    /// <param name="process">The process, to read its memory.</param>
    /// <param name="images">In the order of their loading.</param>
    public static StartStage Stage(FileDescriptor process, IReadOnlyList<LoadedImage> images)
    {
        bool hasCoreLibrary = false;
        byte[] header = new byte[PortableExecutable.HeaderBytes];
        foreach ((nint start, _, string path) in images)
        {
            if (string.Equals(Path.GetFileName(path), CoreLibrary, StringComparison.OrdinalIgnoreCase))
            {
                hasCoreLibrary = true;
            }
            else if (path.EndsWith(Assembly, StringComparison.OrdinalIgnoreCase) && !path.EndsWith(Composite, StringComparison.OrdinalIgnoreCase)
                && PortableExecutable.Read(header.AsSpan(0, ForeignMemory.Read(process.Number, (ulong)start, header))) is { IsManaged: true })
            {
                return StartStage.Started;
            }
        }

        return hasCoreLibrary ? StartStage.CoreLibrary : StartStage.Empty;
    }
}
