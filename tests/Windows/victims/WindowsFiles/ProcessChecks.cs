using System.Globalization;
using System.Runtime.InteropServices;
using CrashHandler.Handler.Posix;
using Microsoft.Win32.SafeHandles;

namespace CrashHandler.Victims.Windows;

/// <summary>Processes that are started with what they shall have.</summary>
internal static unsafe class ProcessChecks
{
    private const string Handle = "handle", Exit = "exit", Wait = "wait";
    private const int HasIt = 17, HasItNot = 18;

    /// <summary>What a process does that is started here.</summary>
    /// <returns>Its exit code; null: it is none of those.</returns>
    public static int? Child(string[] arguments)
    {
        switch (arguments)
        {
            case [Exit, string code]:
                return unchecked((int)uint.Parse(code, NumberStyles.HexNumber, CultureInfo.InvariantCulture));
            case [Wait]:
                Thread.Sleep(Timeout.Infinite);
                return 0;
            case [Handle, string number]:
                using (SafeFileHandle file = new((nint)long.Parse(number, CultureInfo.InvariantCulture), ownsHandle: true))
                {
                    return IsFile(file) ? HasIt : HasItNot;
                }

            default:
                return null;
        }
    }

    public static void Run(Checks checks, string directory)
    {
        checks.Equal((112, 24), (sizeof(ProcessCalls.StartupInfo), sizeof(ProcessCalls.ProcessInformation)), "sizes of the records");
        checks.Equal("96 104", $"{Marshal.OffsetOf<ProcessCalls.StartupInfo>(nameof(ProcessCalls.StartupInfo.StandardError))} {Marshal.OffsetOf<ProcessCalls.StartupInfo>(nameof(ProcessCalls.StartupInfo.Attributes))}", "offsets of STARTUPINFOEXW");
        foreach (string code in (string[])["0", "103", "c0000005", "ffffffff"])
        {
            using StartedProcess process = StartedProcess.Start(Self([Exit, code]));
            checks.Equal(code, $"{process.Wait(Timeout.InfiniteTimeSpan):x}", "an exit code");
        }

        using (StartedProcess process = StartedProcess.Start(Self([Exit, "5"]) with { Flags = ProcessCalls.CREATE_SUSPENDED | ProcessCalls.CREATE_NO_WINDOW, Environment = EnvironmentBlock.Of(new Dictionary<string, string> { ["SystemRoot"] = Environment.GetEnvironmentVariable("SystemRoot")! }) }))
        {
            checks.Equal(null, process.Wait(TimeSpan.FromMilliseconds(100)), "a suspended process does not begin");
            process.Resume();
            checks.Equal(5, process.Wait(Timeout.InfiniteTimeSpan), "until it is let go, with an environment of its own");
        }

        using (StartedProcess process = StartedProcess.Start(Self([Wait])))
        {
            process.Terminate(unchecked((int)0xDEAD0001));
            checks.Equal(unchecked((int)0xDEAD0001), process.Wait(Timeout.InfiniteTimeSpan), "one that is ended");
            process.Terminate(1);
        }

        using SafeFileHandle file = File.OpenHandle(Path.Combine(directory, "inherited"), FileMode.Create, FileAccess.ReadWrite);
        nint handle = file.DangerousGetHandle();
        _ = ProcessCalls.SetHandleInformation(handle, ProcessCalls.HANDLE_FLAG_INHERIT, ProcessCalls.HANDLE_FLAG_INHERIT);
        string[] arguments = [Handle, $"{handle}"];
        using StartedProcess with = StartedProcess.Start(Self(arguments) with { Inherited = [handle] });
        checks.Equal(HasIt, with.Wait(Timeout.InfiniteTimeSpan), "a handle that is named is inherited");
        using StartedProcess without = StartedProcess.Start(Self(arguments) with { Inherited = [] });
        checks.Equal(HasItNot, without.Wait(Timeout.InfiniteTimeSpan), "one that is not is not");
    }

    private static NewProcess Self(string[] arguments)
        => new() { Program = Environment.ProcessPath!, CommandLine = CommandLineText.Of(Environment.ProcessPath!, arguments) };

    private static bool IsFile(SafeFileHandle handle)
    {
        try
        {
            return RandomAccess.GetLength(handle) == 0;
        }
        catch (Exception invalid) when (invalid is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            return false;
        }
    }
}
