using System.Runtime.InteropServices;
using CrashHandler.Handler.Posix;

namespace CrashHandler.Handler.Capture.Windows;

/// <summary>dbghelp.dll: the system's, and no other. One beside an application would be loaded into its handler.</summary>
internal static unsafe partial class DebugHelp
{
    /// <summary>MINIDUMP_EXCEPTION_INFORMATION.</summary>
    [StructLayout(LayoutKind.Sequential, Pack = 4)]
    public struct ExceptionInformation
    {
        public uint ThreadId;
        public ulong ExceptionPointers;

        /// <summary>1: the pointers are the client's; 0: they are ours.</summary>
        public int ClientPointers;
    }

    /// <summary>MINIDUMP_CALLBACK_INFORMATION.</summary>
    [StructLayout(LayoutKind.Sequential, Pack = 4)]
    public struct CallbackInformation
    {
        public delegate* unmanaged<nint, CallbackInput*, CallbackOutput*, int> Routine;
        public nint Parameter;
    }

    /// <summary>The beginning of a MINIDUMP_CALLBACK_INPUT.</summary>
    [StructLayout(LayoutKind.Sequential, Pack = 4)]
    public struct CallbackInput
    {
        public uint ProcessId;
        public nint ProcessHandle;
        public DumpCallbackType Type;

        /// <summary>Of <see cref="DumpCallbackType.Module"/>.</summary>
        public char* ModulePath;
    }

    /// <summary>The beginning of a MINIDUMP_CALLBACK_OUTPUT, a union.</summary>
    [StructLayout(LayoutKind.Explicit)]
    public struct CallbackOutput
    {
        /// <summary>Of <see cref="DumpCallbackType.Module"/>: MODULE_WRITE_FLAGS.</summary>
        [FieldOffset(0)] public uint ModuleWriteFlags;

        /// <summary>Of <see cref="DumpCallbackType.Cancel"/>: ask again.</summary>
        [FieldOffset(0)] public int CheckCancel;

        /// <summary>Of <see cref="DumpCallbackType.Cancel"/>: give up.</summary>
        [FieldOffset(4)] public int Cancel;
    }

    /// <summary>Writes a dump. The last error is an HRESULT, not a Win32 error (its documentation says so).</summary>
    [LibraryImport("dbghelp", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.System32)]
    public static partial int MiniDumpWriteDump(
        nint process, int processId, nint file, DumpType type, ExceptionInformation* exception, nint userStreams, CallbackInformation* callback);
}
