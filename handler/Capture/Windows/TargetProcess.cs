using System.Runtime.InteropServices;
using CrashHandler.Handler.Posix;
using Microsoft.Win32.SafeHandles;

namespace CrashHandler.Handler.Capture.Windows;

/// <summary>A process that is captured: open with the rights that <c>MiniDumpWriteDump</c> asks for, and seen to be the one that is meant.</summary>
internal sealed unsafe partial class TargetProcess : IDisposable
{
    /// <summary>What a process is opened with (Process Security and Access Rights): to ask, to read, to see its handles (MiniDumpWithHandleData), to suspend its threads, and to see that it has ended.</summary>
    public const uint Rights = PipeCalls.PROCESS_VM_READ | PipeCalls.PROCESS_DUP_HANDLE | PipeCalls.PROCESS_QUERY_INFORMATION | PipeCalls.PROCESS_SUSPEND_RESUME | PipeCalls.SYNCHRONIZE;

    private const string AdviceOfRights = "its user must be this handler's, it must not run elevated or protected, and a security program may deny it";

    private readonly SafeProcessHandle _handle;

    private TargetProcess(SafeProcessHandle handle, int processId, ulong startTime)
    {
        _handle = handle;
        ProcessId = processId;
        StartTime = startTime;
    }

    /// <summary>Its id.</summary>
    public int ProcessId { get; }

    /// <summary>When it was made: FILETIME. With the id, who it is.</summary>
    public ulong StartTime { get; }

    /// <summary>Its handle, valid as long as this.</summary>
    public nint Handle => _handle.DangerousGetHandle();

    /// <summary>Absolute path of its program; empty: it is gone.</summary>
    public string ImagePath
    {
        get
        {
            char[] path = new char[WindowsDumpLimits.PathUnits];
            uint length = (uint)path.Length;
            fixed (char* units = path)
            {
                return QueryFullProcessImageNameW(Handle, 0, units, &length) != 0 ? new string(path, 0, (int)length) : "";
            }
        }
    }

    /// <summary>Opens one.</summary>
    /// <param name="processId">Its id.</param>
    /// <param name="startTime">FILETIME of its creation, as it was when it connected; 0: it was gone before it was looked at; null: whoever has the id.</param>
    /// <exception cref="CaptureException">It is gone, its id is another's by now, or it may not be captured.</exception>
    public static TargetProcess Open(int processId, ulong? startTime)
    {
        if (startTime == 0)
        {
            throw new CaptureException(CaptureStep.Identity, processId, "it was gone before it was looked at");
        }

        SafeProcessHandle handle = new(OpenProcess(Rights, 0, processId), ownsHandle: true);
        if (handle.IsInvalid)
        {
            int error = Marshal.GetLastPInvokeError();
            handle.Dispose();
            throw error == Win32Error.ERROR_INVALID_PARAMETER
                ? new CaptureException(CaptureStep.Identity, processId, "it is gone (OpenProcess: error 87)")
                : Failure(CaptureStep.Memory, processId, "OpenProcess", error, AdviceOfRights);
        }

        try
        {
            ulong created, exited, kernel, user;
            if (GetProcessTimes(handle.DangerousGetHandle(), &created, &exited, &kernel, &user) == 0)
            {
                throw Failure(CaptureStep.Times, processId, "GetProcessTimes", Marshal.GetLastPInvokeError(), advice: null);
            }

            return startTime is null || created == startTime ? new TargetProcess(handle, processId, created)
                : throw new CaptureException(CaptureStep.Identity, processId, "it is gone, and its id is another process's");
        }
        catch
        {
            handle.Dispose();
            throw;
        }
    }

    /// <summary>Reads its memory.</summary>
    /// <returns>Whether all of it could be read.</returns>
    public bool TryRead(ulong address, Span<byte> destination) => ForeignMemory.Read(Handle, address, destination) == destination.Length;

    /// <summary>A capture's failure: the Win32 call, what it said, its number, and what to do.</summary>
    public static CaptureException Failure(CaptureStep step, int processId, string call, int error, string? advice)
        => new(step, processId, $"{call}: {Marshal.GetPInvokeErrorMessage(error)} (error {error}){(advice is null ? "" : $"; {advice}")}");

    public void Dispose() => _handle.Dispose();

    [LibraryImport("kernel32", SetLastError = true)] private static partial nint OpenProcess(uint access, int inherit, int processId);
    [LibraryImport("kernel32", SetLastError = true)] private static partial int GetProcessTimes(nint process, ulong* created, ulong* exited, ulong* kernel, ulong* user);
    [LibraryImport("kernel32", SetLastError = true)] private static partial int QueryFullProcessImageNameW(nint process, uint flags, char* path, uint* length);
}
