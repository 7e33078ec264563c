using CrashHandler.Handler.Doctor.Facts;
using CrashHandler.Protocol;

namespace CrashHandler.Handler.Doctor.Checks;

/// <summary>The process that is to be covered: whether it can be captured here, and is covered.</summary>
internal static class ProcessCheck
{
    private const string Check = "process";

    /// <summary>Judges.</summary>
    /// <param name="target">The process; null: none was named.</param>
    /// <param name="own">Rights of this process.</param>
    public static Finding Evaluate(ExaminedProcess? target, IntegrityFacts own)
    {
        if (target is null)
        {
            return Finding.NotApplicable(Check, "name one with --pid");
        }

        string found = $"{target.ProcessId} ({target.Name}){(target.User is null ? "" : $" of user {target.User}")}{Runtime(target.Runtime)}{(target.Library is not null ? ", with crashhandler.dll" : target.Runtime is null ? "" : ", without crashhandler.dll")}";
        return WhyClosed(target, own, found) ?? WhyNotCovered(target, found) ?? Finding.Ok(Check, found, target.Missing is null ? "No handler that answers has it as a client." : null);
    }

    private static Finding? WhyClosed(ExaminedProcess target, IntegrityFacts own, string found)
    {
        if (target.WhyClosed is not { } why)
        {
            return null;
        }

        const string Meaning = "A handler without these rights has no dump of it: its crash is reported by what it says itself (access NoticeOnly).";
        bool isAnothers = target.User is { } user && user != own.User;
        return isAnothers
            ? Finding.Problem(Check, $"{found}; it cannot be dumped: {why}", "A handler serves processes of its own user only.", $"Ask, and run the handler, as user {target.User}.")
            : target.IsElevated is not false && !own.IsElevated
            ? Finding.Problem(Check, $"{found}; it cannot be dumped: {why}", $"{Meaning} It may be elevated, or another user's, and this is neither.", "Ask from an elevated prompt; a handler that an elevated process starts is elevated, too.")
            : Finding.Problem(Check, $"{found}; it cannot be dumped: {why}", Meaning, "It may be protected, or a security program denies it: let that except crash-handler.exe.");
    }

    private static Finding? WhyNotCovered(ExaminedProcess target, string found)
        => target.IsWow64 == true
            ? Finding.Problem(Check, $"{found}, a 32-bit process", "crashhandler.dll is there for x64 only: its crashes are not seen.", "Build the application for x64, or AnyCPU without 'prefer 32-bit'.")
            : target.Library is null
            ? Finding.Warning(Check, found, "Its crashes are not seen.", target.Runtime switch
            {
                ProcessRuntime.None => $"Only a .NET process can be covered; 'crash-handler dump {target.ProcessId}' writes a minidump of any.",
                ProcessRuntime.Framework => $"Move it to .NET 8 or later, where it can call CrashReporter.Start; 'crash-handler dump {target.ProcessId}' writes a minidump of any process.",
                _ => "Have it call CrashReporter.Start.",
            })
            : target.Missing is { } missing and not Hooks.None
            ? Finding.Problem(
                Check,
                $"{found}, which does not have {missing} in place",
                $"{string.Join("; ", MissingHooks.Describe(missing))}.",
                "This release does not know that runtime, or a security program keeps its pages from being written: 'crash-handler log' has it. A newer release may know it.")
            : target.IsDebugged == true
            ? Finding.Warning(Check, $"{found}, under a debugger", "A debugger is told of exceptions first, and of those that nobody handles instead of us: native crashes are not reported meanwhile.", "Detach it when it is done.")
            : null;

    private static string Runtime(ProcessRuntime? runtime) => runtime switch
    {
        ProcessRuntime.CoreClr => ", .NET",
        ProcessRuntime.InProgram => ", .NET in one file",
        ProcessRuntime.Framework => ", .NET Framework",
        ProcessRuntime.None => ", no .NET",
        _ => "",
    };
}
