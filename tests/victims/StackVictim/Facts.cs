using System.IO.MemoryMappedFiles;

namespace CrashHandler.Victims.Stacks;

/// <summary>A number that outlives the process, in a mapped file: how deep a recursion came.</summary>
internal static unsafe class Facts
{
    public static string Path { get; set; } = "";

    /// <summary>Maps the file, for good.</summary>
    public static int* Map()
    {
        MemoryMappedFile file = MemoryMappedFile.CreateFromFile(Path, FileMode.Create, null, sizeof(int));
        byte* address = null;
        file.CreateViewAccessor().SafeMemoryMappedViewHandle.AcquirePointer(ref address);
        return (int*)address;
    }
}
