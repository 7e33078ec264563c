using System.Runtime.InteropServices;
using CrashHandler.Handler.Stacks;

namespace CrashHandler.Handler.Capture.Windows;

/// <summary>The images that a process's loader knows of, its program first.</summary>
internal static unsafe partial class ProcessModules
{
    private const uint LIST_MODULES_64BIT = 2;

    /// <summary>All of them, within the limit; empty: the process is about to end, or its loader's lists are broken.</summary>
    public static List<WalkModule> Read(TargetProcess process)
    {
        nint[] bases = new nint[StacksLimits.Modules];
        uint needed;
        List<WalkModule> modules = [];
        fixed (nint* all = bases)
        {
            if (K32EnumProcessModulesEx(process.Handle, all, (uint)(bases.Length * sizeof(nint)), &needed, LIST_MODULES_64BIT) == 0)
            {
                return modules;
            }
        }

        char[] path = new char[WindowsDumpLimits.PathUnits];
        foreach (nint module in bases.AsSpan(0, Math.Min(bases.Length, (int)(needed / (uint)sizeof(nint)))))
        {
            ModuleInformation information;
            if (K32GetModuleInformation(process.Handle, module, &information, (uint)sizeof(ModuleInformation)) != 0)
            {
                modules.Add(new WalkModule(PathOf(process, module, path), (ulong)information.Base, information.Size, [], IsElf: false));
            }
        }

        return modules;
    }

    private static string PathOf(TargetProcess process, nint module, char[] path)
    {
        uint length;
        fixed (char* units = path)
        {
            length = K32GetModuleFileNameExW(process.Handle, module, units, (uint)path.Length);
        }

        return Utf8Text.Cut(new string(path, 0, (int)length), StacksLimits.PathBytes);
    }

    /// <summary>MODULEINFO.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct ModuleInformation
    {
        public nint Base;
        public uint Size;
        public nint EntryPoint;
    }

    [LibraryImport("kernel32", SetLastError = true)] private static partial int K32EnumProcessModulesEx(nint process, nint* modules, uint bytes, uint* needed, uint which);
    [LibraryImport("kernel32", SetLastError = true)] private static partial int K32GetModuleInformation(nint process, nint module, ModuleInformation* information, uint bytes);
    [LibraryImport("kernel32", SetLastError = true)] private static partial uint K32GetModuleFileNameExW(nint process, nint module, char* path, uint units);
}
