using System.Diagnostics;
using System.Runtime.InteropServices;
using CrashHandler.Handler.Capture.Windows;
using CrashHandler.Handler.Posix;
using CrashHandler.Protocol;
using Microsoft.Win32.SafeHandles;

namespace CrashHandler.Handler.Doctor.Gathering;

/// <summary>The process that tries what a capture calls, on a child of its own: one of its own, because a security program may end who calls, and a dump may hang.</summary>
internal static unsafe partial class Attempts
{
    private const string DebugHelpName = "dbghelp.dll";
    private const uint LOAD_LIBRARY_SEARCH_SYSTEM32 = 0x800;

    /// <summary>Tries them all.</summary>
    /// <param name="program">This program, to be the child.</param>
    /// <param name="subject">Arguments that make it one.</param>
    /// <param name="output">Where it says so.</param>
    public static void Run(string program, IReadOnlyList<string> subject, TextWriter output)
    {
        // It ends with its input, at the latest when this process does.
        using Process child = Process.Start(new ProcessStartInfo(program, subject) { RedirectStandardInput = true, RedirectStandardOutput = true })!;
        child.StandardOutput.ReadLine();
        AttemptLook.Try(output, $"LoadLibrary of {DebugHelpName}", () => Answer(LoadLibraryExW(DebugHelpName, 0, LOAD_LIBRARY_SEARCH_SYSTEM32) != 0));
        nint handle = 0;
        AttemptLook.Try(output, "OpenProcess", () => Answer((handle = PipeCalls.OpenProcess(TargetProcess.Rights, 0, (uint)child.Id)) != 0));
        if (handle != 0)
        {
            using FileDescriptor process = new((int)handle);
            using SafeFileHandle file = ScratchFile.Create(Path.Combine(TemporaryDirectory.Path, $"crash-handler-doctor-{Environment.ProcessId}"));
            AttemptLook.Try(output, nameof(DebugHelp.MiniDumpWriteDump), () => Answer(DebugHelp.MiniDumpWriteDump(
                process.Number, child.Id, file.DangerousGetHandle(), DumpTypes.Of(isSanitized: false, hasEnvironment: false), null, 0, null) != 0));
        }

        child.StandardInput.Close();
        child.WaitForExit();
    }

    private static int Answer(bool works) => works ? 0 : Marshal.GetLastPInvokeError();

    [LibraryImport("kernel32", SetLastError = true, StringMarshalling = StringMarshalling.Utf16)] private static partial nint LoadLibraryExW(string name, nint file, uint flags);
}
