using System.Runtime.InteropServices;

namespace CrashHandler.Handler.Posix;

/// <summary>Processes, the images that are loaded into one, and what it was started with.</summary>
internal static unsafe partial class ProcessImages
{
    private const uint LIST_MODULES_ALL = 3;
    private const int ProcessCommandLineInformation = 60;
    private const int ERROR_PARTIAL_COPY = 299;

    // UNICODE_STRING's limit, and so every path's and every command line's; the record stands before the text.
    private const int LongestPath = 32_768, CommandLineBytes = 65_536 + 16;
    // At first; the list grows by the double until it holds all.
    private const int SomeProcesses = 1_024;
    // As many as a dump may have. The process itself has the list, and each of its images is looked for from its beginning.
    private const int MostModules = 2_048;

    /// <summary>Pids of every process there is.</summary>
    /// <exception cref="SyscallException">EnumProcesses failed.</exception>
    public static int[] AllProcesses()
    {
        for (int capacity = SomeProcesses; ; capacity *= 2)
        {
            uint[] ids = new uint[capacity];
            uint bytes;
            fixed (uint* first = ids)
            {
                if (K32EnumProcesses(first, (uint)(capacity * sizeof(uint)), &bytes) == 0)
                {
                    throw PipeCalls.LastFailure("EnumProcesses");
                }
            }

            int count = (int)bytes / sizeof(uint);
            if (count < capacity)
            {
                return [.. ids.AsSpan(0, count).ToArray().Select(id => (int)id)];
            }
        }
    }

    /// <summary>Its images, in the order of their loading, the program first; the first 2,048. One that has hardly begun, or is about to end, has none.</summary>
    /// <param name="process">With PROCESS_QUERY_INFORMATION and PROCESS_VM_READ.</param>
    /// <param name="processId">Its pid.</param>
    /// <exception cref="SyscallException">EnumProcessModules failed, as it does of a process that ends.</exception>
    public static IReadOnlyList<LoadedImage> Of(nint process, int processId)
    {
        nint[] modules = new nint[MostModules];
        uint bytes;
        fixed (nint* first = modules)
        {
            if (K32EnumProcessModulesEx(process, first, (uint)(modules.Length * sizeof(nint)), &bytes, LIST_MODULES_ALL) == 0)
            {
                // The loader has made no list yet, or changes it in this moment.
                return Marshal.GetLastPInvokeError() == ERROR_PARTIAL_COPY ? [] : throw PipeCalls.LastFailure("EnumProcessModulesEx", $"process {processId}");
            }
        }

        return Read(process, modules.AsSpan(0, Math.Min(modules.Length, (int)bytes / sizeof(nint))));
    }

    /// <summary>Its command line, taken apart, the program first; none where the system does not tell.</summary>
    public static string[] CommandLine(FileDescriptor process)
    {
        byte[] buffer = new byte[CommandLineBytes];
        uint bytes;
        fixed (byte* record = buffer)
        {
            // A UNICODE_STRING: bytes of the text, room for it, and where it is.
            return NtQueryInformationProcess(process.Number, ProcessCommandLineInformation, record, (uint)buffer.Length, &bytes) == 0 && *(ushort*)record > 0
                ? TakenApart(new string(*(char**)(record + sizeof(nint)), 0, *(ushort*)record / sizeof(char))) : [];
        }
    }

    private static string[] TakenApart(string commandLine)
    {
        int count;
        char** arguments = CommandLineToArgvW(commandLine, &count);
        if (arguments == null)
        {
            return [];
        }

        string[] texts = new string[count];
        for (int i = 0; i < count; i++)
        {
            texts[i] = new string(arguments[i]);
        }

        _ = PipeCalls.LocalFree((nint)arguments);
        return texts;
    }

    private static List<LoadedImage> Read(nint process, ReadOnlySpan<nint> modules)
    {
        List<LoadedImage> images = new(modules.Length);
        char[] path = new char[LongestPath];
        foreach (nint module in modules)
        {
            ModuleInformation information;
            // One that was unloaded in the meantime has none.
            if (K32GetModuleInformation(process, module, &information, (uint)sizeof(ModuleInformation)) != 0)
            {
                fixed (char* characters = path)
                {
                    images.Add(new LoadedImage(information.Base, information.Size, new string(path, 0, (int)K32GetModuleFileNameExW(process, module, characters, LongestPath))));
                }
            }
        }

        return images;
    }

    /// <summary>MODULEINFO.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct ModuleInformation
    {
        public nint Base;
        public uint Size;
        public nint EntryPoint;
    }

    [LibraryImport("kernel32", SetLastError = true)] private static partial int K32EnumProcesses(uint* ids, uint bytes, uint* needed);
    [LibraryImport("kernel32", SetLastError = true)] private static partial int K32EnumProcessModulesEx(nint process, nint* modules, uint bytes, uint* needed, uint which);
    [LibraryImport("kernel32", SetLastError = true)] private static partial int K32GetModuleInformation(nint process, nint module, ModuleInformation* information, uint bytes);
    [LibraryImport("kernel32", SetLastError = true)] private static partial uint K32GetModuleFileNameExW(nint process, nint module, char* path, uint characters);
    [LibraryImport("ntdll")] private static partial int NtQueryInformationProcess(nint process, int kind, void* information, uint bytes, uint* needed);
    [LibraryImport("shell32", SetLastError = true, StringMarshalling = StringMarshalling.Utf16)] private static partial char** CommandLineToArgvW(string commandLine, int* count);
}
