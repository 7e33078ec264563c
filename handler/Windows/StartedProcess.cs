using System.Runtime.InteropServices;

namespace CrashHandler.Handler.Posix;

/// <summary>A process that this one started, by its handle: whatever becomes of its id, this stays it. To let go of it ends nothing.</summary>
internal sealed unsafe class StartedProcess : IDisposable
{
    private readonly FileDescriptor _process;
    private readonly FileDescriptor _thread;

    private StartedProcess(in ProcessCalls.ProcessInformation made)
    {
        _process = new FileDescriptor((int)made.Process);
        _thread = new FileDescriptor((int)made.Thread);
        ProcessId = (int)made.ProcessId;
    }

    /// <summary>Its pid.</summary>
    public int ProcessId { get; }

    /// <summary>Its handle, with all rights; this object's.</summary>
    public FileDescriptor Handle => _process;

    /// <summary>Starts it.</summary>
    /// <param name="process">What it is started with.</param>
    /// <param name="advice">What people can do where the system does not start it.</param>
    /// <exception cref="SyscallException">It cannot be started.</exception>
    public static StartedProcess Start(NewProcess process, string? advice = null)
    {
        if (process.CommandLine.Length >= CommandLineText.LongestCharacters)
        {
            throw PipeCalls.Failure("CreateProcess", Win32Error.ERROR_FILENAME_EXCED_RANGE, process.Program, $"its arguments are longer than {CommandLineText.LongestCharacters} characters");
        }

        nint[] inherited = process.Inherited is { } handles ? [.. handles] : [];
        nuint bytes = 0;
        _ = ProcessCalls.InitializeProcThreadAttributeList(null, 1, 0, &bytes);
        void* attributes = NativeMemory.AllocZeroed(bytes);
        try
        {
            // Read again whenever the attributes are: it stays where it is until the process is there.
            fixed (nint* list = inherited)
            {
                return inherited.Length == 0 ? Create(process, null, advice) : CreateWith(process, attributes, bytes, list, (nuint)(inherited.Length * sizeof(nint)), advice);
            }
        }
        finally
        {
            NativeMemory.Free(attributes);
        }
    }

    /// <summary>Lets one that was made with <see cref="ProcessCalls.CREATE_SUSPENDED"/> begin.</summary>
    /// <exception cref="SyscallException">ResumeThread failed.</exception>
    public void Resume()
    {
        if (ProcessCalls.ResumeThread(_thread.Number) == uint.MaxValue)
        {
            throw PipeCalls.LastFailure("ResumeThread", $"process {ProcessId}");
        }
    }

    /// <summary>Waits for its end.</summary>
    /// <returns>Its exit code, all 32 bits of it; null: it goes on.</returns>
    /// <exception cref="SyscallException">It cannot be waited for.</exception>
    public int? Wait(TimeSpan limit)
    {
        uint milliseconds = limit == Timeout.InfiniteTimeSpan ? PipeCalls.INFINITE : (uint)Math.Clamp(limit.TotalMilliseconds, 0, PipeCalls.INFINITE - 1);
        switch (PipeCalls.WaitForSingleObject(_process.Number, milliseconds))
        {
            case PipeCalls.WAIT_OBJECT_0:
                uint code;
                return ProcessCalls.GetExitCodeProcess(_process.Number, &code) != 0 ? unchecked((int)code) : throw PipeCalls.LastFailure("GetExitCodeProcess", $"process {ProcessId}");
            case PipeCalls.WAIT_TIMEOUT:
                return null;
            default:
                throw PipeCalls.LastFailure("WaitForSingleObject", $"process {ProcessId}");
        }
    }

    /// <summary>Ends it at once. One that has ended stays as it was.</summary>
    /// <exception cref="SyscallException">TerminateProcess failed.</exception>
    public void Terminate(int exitCode)
    {
        // ERROR_ACCESS_DENIED is what it says of one that is ending.
        if (ProcessCalls.TerminateProcess(_process.Number, unchecked((uint)exitCode)) == 0 && Marshal.GetLastPInvokeError() != Win32Error.ERROR_ACCESS_DENIED)
        {
            throw PipeCalls.LastFailure("TerminateProcess", $"process {ProcessId}");
        }
    }

    public void Dispose()
    {
        _process.Dispose();
        _thread.Dispose();
    }

    private static StartedProcess CreateWith(NewProcess process, void* attributes, nuint bytes, nint* inherited, nuint inheritedBytes, string? advice)
    {
        if (ProcessCalls.InitializeProcThreadAttributeList(attributes, 1, 0, &bytes) == 0)
        {
            throw PipeCalls.LastFailure("InitializeProcThreadAttributeList", process.Program);
        }

        try
        {
            return ProcessCalls.UpdateProcThreadAttribute(attributes, 0, ProcessCalls.PROC_THREAD_ATTRIBUTE_HANDLE_LIST, inherited, inheritedBytes, 0, 0) != 0
                ? Create(process, attributes, advice) : throw PipeCalls.LastFailure("UpdateProcThreadAttribute", process.Program);
        }
        finally
        {
            ProcessCalls.DeleteProcThreadAttributeList(attributes);
        }
    }

    private static StartedProcess Create(NewProcess process, void* attributes, string? advice)
    {
        (nint input, nint output, nint error) = process.Streams
            ?? (ProcessCalls.GetStdHandle(ProcessCalls.STD_INPUT_HANDLE), ProcessCalls.GetStdHandle(ProcessCalls.STD_OUTPUT_HANDLE), ProcessCalls.GetStdHandle(ProcessCalls.STD_ERROR_HANDLE));
        ProcessCalls.StartupInfo startup = new()
        {
            Size = (uint)sizeof(ProcessCalls.StartupInfo),
            Flags = ProcessCalls.STARTF_USESTDHANDLES,
            StandardInput = input,
            StandardOutput = output,
            StandardError = error,
            Attributes = (nint)attributes,
        };
        uint flags = process.Flags | ProcessCalls.CREATE_UNICODE_ENVIRONMENT | ProcessCalls.EXTENDED_STARTUPINFO_PRESENT;
        bool inherits = process.Inherited is not { Count: 0 };
        // CreateProcessW writes in it.
        char[] commandLine = [.. process.CommandLine, '\0'];
        ProcessCalls.ProcessInformation made;
        fixed (char* command = commandLine)
        fixed (char* environment = process.Environment)
        {
            return ProcessCalls.CreateProcessW(process.Program, command, 0, 0, inherits ? 1 : 0, flags, environment, process.Directory, &startup, &made) != 0
                ? new StartedProcess(made) : throw PipeCalls.LastFailure("CreateProcess", process.Program, advice);
        }
    }
}
